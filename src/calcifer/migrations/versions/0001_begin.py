"""Make every table."""

import sqlalchemy as sa
from alembic import op

from calcifer.kit.db import Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "accounts_people",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_people")),
        sa.UniqueConstraint("mail", name=op.f("uq_accounts_people_mail")),
    )
    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("verb", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=True),
        sa.Column("item_number", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    op.create_index(op.f("ix_activity_item_number"), "activity", ["item_number"], unique=False)
    op.create_index(op.f("ix_activity_service"), "activity", ["service"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("runner", sa.String(), nullable=True),
        sa.Column("progress", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("error_kind", sa.String(), nullable=True),
        sa.Column("mend", sa.String(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("actor_name", sa.String(), nullable=False),
        sa.Column("actor_mail", sa.String(), nullable=False),
        sa.Column("actor_role", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_name_subject", "jobs", ["name", "subject"], unique=False)
    op.create_index("ix_jobs_state_due_at", "jobs", ["state", "due_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("held", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_table(
        "services",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("lifecycle", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("verify", sa.String(), nullable=True),
        sa.Column("main_branch", sa.String(), nullable=False),
        sa.Column("head", sa.String(), nullable=True),
        sa.Column("baseline", sa.String(), nullable=True),
        sa.Column("highest_number", sa.Integer(), nullable=False),
        sa.Column("descriptor_source", sa.String(), nullable=False),
        sa.Column("descriptor_error", sa.String(), nullable=True),
        sa.Column("descriptor_notes", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("adopted_at", Instant(), nullable=False),
        sa.Column("scanned_at", Instant(), nullable=False),
        sa.Column("missing_since", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("name", name=op.f("uq_services_name")),
    )
    op.create_index(op.f("ix_services_highest_number"), "services", ["highest_number"], unique=False)
    op.create_index("ix_services_kind_name", "services", ["kind", "name"], unique=False)
    op.create_index("ix_services_lifecycle_name", "services", ["lifecycle", "name"], unique=False)
    op.create_index("ix_services_owner_name", "services", ["owner", "name"], unique=False)
    op.create_table(
        "accounts_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("client", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_accounts_sessions_person_id_accounts_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_accounts_sessions_digest")),
    )
    op.create_index(op.f("ix_accounts_sessions_person_id"), "accounts_sessions", ["person_id"], unique=False)
    op.create_table(
        "accounts_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_accounts_tokens_person_id_accounts_people")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_accounts_tokens_digest")),
    )
    op.create_index(op.f("ix_accounts_tokens_person_id"), "accounts_tokens", ["person_id"], unique=False)
    op.create_table(
        "git_states",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("main", sa.String(), nullable=True),
        sa.Column("remote_main", sa.String(), nullable=True),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("behind", sa.Integer(), nullable=False),
        sa.Column("has_origin", sa.Boolean(), nullable=False),
        sa.Column("remotes", sa.JSON(), nullable=False),
        sa.Column("branch_count", sa.Integer(), nullable=False),
        sa.Column("stray_count", sa.Integer(), nullable=False),
        sa.Column("strays", sa.JSON(), nullable=False),
        sa.Column("edit_count", sa.Integer(), nullable=False),
        sa.Column("checkouts", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.Column("pushed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_git_states_service_id_services"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("service_id", name=op.f("pk_git_states")),
    )
    op.create_table(
        "service_dependencies",
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["services.id"],
            name=op.f("fk_service_dependencies_service_id_services"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_id", "name", name=op.f("pk_service_dependencies")),
    )
    op.create_index(op.f("ix_service_dependencies_name"), "service_dependencies", ["name"], unique=False)
    op.create_table(
        "work_items",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=True),
        sa.Column("is_parent", sa.Boolean(), nullable=False),
        sa.Column("parent_number", sa.Integer(), nullable=True),
        sa.Column("reverts", sa.Integer(), nullable=True),
        sa.Column("is_express", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.String(), nullable=False),
        sa.Column("docs_reason", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("author_mail", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.Column("completed_by", sa.String(), nullable=True),
        sa.Column("merge", sa.String(), nullable=True),
        sa.Column("head", sa.String(), nullable=True),
        sa.Column("notice", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_number"], ["work_items.number"], name=op.f("fk_work_items_parent_number_work_items")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_work_items_service_id_services")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_work_items")),
    )
    op.create_index("ix_work_items_parent", "work_items", ["parent_number"], unique=False)
    op.create_index("ix_work_items_service_state_number", "work_items", ["service_id", "state", "number"], unique=False)
    op.create_index("ix_work_items_state_number", "work_items", ["state", "number"], unique=False)
    op.create_table(
        "work_trusted_commands",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_work_trusted_commands_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_trusted_commands")),
    )
    op.create_index(op.f("ix_work_trusted_commands_service_id"), "work_trusted_commands", ["service_id"], unique=False)
    op.create_table(
        "work_checklist",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_number"], ["work_items.number"], name=op.f("fk_work_checklist_item_number_work_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_checklist")),
    )
    op.create_index(op.f("ix_work_checklist_item_number"), "work_checklist", ["item_number"], unique=False)
    op.create_table(
        "work_strays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("oid", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_number"], ["work_items.number"], name=op.f("fk_work_strays_item_number_work_items")
        ),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_work_strays_service_id_services")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_strays")),
    )
    op.create_index("ix_work_strays_service_oid", "work_strays", ["service_id", "oid"], unique=True)
    op.create_table(
        "work_verifications",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("tree", sa.String(), nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("output", sa.String(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_number"], ["work_items.number"], name=op.f("fk_work_verifications_item_number_work_items")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name=op.f("fk_work_verifications_service_id_services")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_verifications")),
    )
    op.create_index("ix_work_verifications_key", "work_verifications", ["service_id", "tree", "command"], unique=False)
    op.create_table(
        "work_waivers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_number"], ["work_items.number"], name=op.f("fk_work_waivers_item_number_work_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_waivers")),
    )
    op.create_index(op.f("ix_work_waivers_item_number"), "work_waivers", ["item_number"], unique=False)

"""How an item completes: the gate, the waivers, and the merge that moves everything at once."""

import posixpath
from functools import partial

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit import promises
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git import checkouts
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog_queries
from calcifer.services import service as catalog
from calcifer.work import changelog, policies, queries, records, verification
from calcifer.work.branches import record_path
from calcifer.work.errors import AlreadyComplete, Dropped, GateClosed, Merging
from calcifer.work.models import Item, Waiver
from calcifer.work.reach import places_on
from calcifer.work.rules import Case, Checked, Verdict
from calcifer.work.schemas import NewWaiver
from calcifer.work.service.items import release_worktrees
from calcifer.work.service.storing import (
    approvals_of,
    get_open,
    head_of,
    main_of,
    move_branch,
    record_of,
    repository_of,
    save,
)
from calcifer.work.service.strays import FIND_STRAYS

PUSH = "git.push"
REPACK = "git.repack"
DELIVER = "deployments.deliver"
FILES = frozenset({0o100644, 0o100755})
LINK = 0o120000


def case_of(uow: UnitOfWork, item: Item) -> Case:
    """Gather what the rules judge: this head on the current main, and what lies in checkouts."""
    repository = repository_of(uow, item.service)
    main, head = main_of(repository, item.service), head_of(repository, item)
    return Case(
        number=item.number,
        branch=item.branch or "",
        title=item.title,
        reason=item.reason,
        notes=item.notes,
        docs_reason=item.docs_reason,
        is_express=item.is_express,
        checklist=tuple(Checked(line.text, line.done) for line in item.checklist),
        repository=repository,
        main=main,
        head=head,
        verify=item.service.verify,
        verify_required=policies.get(item.service.policy).verify_required,
        verification=partial(verification.verdict, uow.db, item.service, item.number),
        obstacles=tuple(_obstacles(repository, item, main)),
        folder=item.service.folder,
        folders=catalog_queries.list_shared(uow.db, item.service),
        hosts=places_on(item.service.targets),
        approved=partial(queries.find_approver, uow.db, item.service.id),
    )


def _obstacles(repository: Repository, item: Item, main: str) -> list[str]:
    """Name the paths in main's checkouts that following the merge would lose; no process is started where none differs."""
    merge = repository.merge(main, head_of(repository, item))
    if merge.tree is None:
        return []
    found = []
    changes = repository.changes(main, merge.tree)
    for checkout in checkouts.on_branch(repository, item.service.main_branch):
        found += [f"{path} (a merge is unfinished) in {checkout.path}" for path in checkouts.unmerged(checkout)]
        lost, _ = checkouts.obstacles(checkout, changes)
        found += [f"{path} in {checkout.path}" for path in lost]
    return found


def judge(uow: UnitOfWork, item: Item) -> list[Verdict]:
    """Return the verdict of every rule that the service's policy applies; waivers count for the head they were given for."""
    if item.is_parent or item.state != "open":
        return []
    case = case_of(uow, item)
    waived = {w.rule: f"{w.reason} ({w.by}, {w.at:%Y-%m-%d})" for w in item.waivers if w.head == case.head}
    return policies.gate(case, policies.get(item.service.policy), waived)


def waive(uow: UnitOfWork, number: int, new: NewWaiver) -> Item:
    """Let a rule pass for the present head, with a reason that becomes a part of the record; a new commit voids it."""
    permissions.require(uow.actor, "work.waive")
    item = get_open(uow, number)
    policy = policies.get(item.service.policy)
    if new.rule not in policy.rules:
        raise Invalid.field("rule", f"There is no rule '{new.rule}' for {item.service.name}.")
    if new.rule not in policy.waivable:
        raise Conflict(
            f"The rule '{new.rule}' cannot be waived under the policy '{policy.name}' of {item.service.name}."
        )
    head = head_of(repository_of(uow, item.service), item)
    item.waivers = [w for w in item.waivers if not (w.rule == new.rule and w.head == head)]
    item.waivers.append(Waiver(rule=new.rule, head=head, reason=new.reason, by=uow.actor.name, at=uow.now))
    save(uow, item, f"Waive {new.rule} for #{number}")
    activity.record(
        uow,
        "work.waive",
        f"#{number} {item.title}",
        service=item.service.name,
        item_number=number,
        rule=new.rule,
        reason=new.reason,
    )
    return item


def complete(uow: UnitOfWork, number: int) -> Item:
    """Judge again, merge, fold the change entry, leave the record, move main: all of it or nothing.

    Raises GateClosed with the verdicts, Merging with the files, AlreadyComplete when it is done already.
    """
    permissions.require(uow.actor, "work.complete")
    item = queries.get_item(uow.db, number)
    if item.state == "completed":
        raise AlreadyComplete(number)
    if item.state == "dropped":
        raise Dropped(number)
    if item.is_parent:
        return _complete_parent(uow, item)
    repository = repository_of(uow, item.service)
    main, head = main_of(repository, item.service), head_of(repository, item)
    merge = repository.merge(main, head)
    if merge.tree is None:
        raise Merging(number, merge.conflicts)
    verdicts = judge(uow, item)
    if not all(verdict.lets_through for verdict in verdicts):
        raise GateClosed(number, verdicts)
    release_worktrees(repository, item)
    tree = _with_change_and_record(uow, repository, item, merge.tree, main, head, verdicts)
    _finish(uow, repository, item, main, head, tree)
    move_branch(repository, item, head, None)
    item.head = head  # what somebody committed without Calcifer is a part of it
    return item


def _with_change_and_record(
    uow: UnitOfWork, repository: Repository, item: Item, tree: str, main: str, head: str, verdicts: list[Verdict]
) -> str:
    entry = (repository.read(tree, item.fragment) or b"").decode("utf-8", "replace").strip()
    at = _changes(repository, tree, item.service.folder)
    heading = changelog.Heading(uow.now.date(), item.author, item.kind, item.number)
    folded = changelog.fold(repository.read(tree, at), entry, heading)
    old = repository.entry(tree, at)
    edits: dict[str, Blob | None] = {at: Blob(repository.write_blob(folded), old.mode if old else 0o100644)}
    if repository.entry(tree, item.fragment):
        edits[item.fragment] = None
    commits = [
        records.Made(commit.oid, commit.subject, commit.author.name)
        for commit in repository.log(head, without=main, limit=500)
    ]
    judged = [records.Judged(verdict.rule, verdict.state, verdict.sentence) for verdict in verdicts]
    path, blob = _record(uow, repository, item, change=entry, verdicts=judged, commits=commits)
    return repository.edit(tree, edits | {path: blob})


def _changes(repository: Repository, tree: str, folder: str) -> str:
    """Return the path of the file of changes: where a link stands for it, the file that this leads to."""
    at = posixpath.join(folder, changelog.target(repository.names(tree, folder)))
    there = repository.entry(tree, at)
    if there is None or there.mode in FILES:
        return at
    link = repository.blob(there.oid).decode("utf-8", "surrogateescape") if there.mode == LINK else ""
    target = posixpath.normpath(posixpath.join(folder, link)) if link else ""
    leads_to = repository.entry(tree, target) if target and not target.startswith(("/", "..")) else None
    if leads_to is None or leads_to.mode not in FILES:
        raise Conflict(
            f"{at} of {repository.path.name} is no file, and leads to none of this repository: no entry can be put there.",
            mend=f"Make {at} a file, on the item's branch.",
        )
    return target


def _record(uow: UnitOfWork, repository: Repository, item: Item, **more: object) -> tuple[str, Blob]:
    answered = queries.list_answered(uow.db, item.number)  # asked first: the row is written once
    approvals = approvals_of(uow, item)
    item.state, item.completed_at, item.completed_by = "completed", uow.now, uow.actor.name
    item.updated_at = uow.now
    item.revision += 1
    text = records.render(record_of(item, answers_for=answered, approvals=approvals, **more))
    return record_path(item.number, item.title), Blob(repository.write_blob(text.encode()))


def _finish(uow: UnitOfWork, repository: Repository, item: Item, main: str, head: str, tree: str) -> None:
    """Propose main at the merge commit and the item's ref gone, bring the catalog up to date, promise the push."""
    service = item.service
    message = f"{item.kind}: {item.title} (#{item.number})\n\n{item.reason}\n\nWork-Item: {item.number}\n"
    item.merge = repository.write_commit(tree, [main, head], message, uow.actor.person, uow.now)
    repository.propose(HEADS + service.main_branch, main, item.merge)
    repository.propose(item.ref, repository.tip(item.ref), None)
    uow.refs.lost = ("work.lost", str(item.number))
    for name in catalog.follow_main(uow, service, main):
        promises.promise(
            uow, FIND_STRAYS, name
        )  # somebody was there since the last look; the next finds the merge on top
    if any(target.get("on_complete") for target in service.targets or ()):
        promises.promise(uow, DELIVER, f"{service.name} {item.merge}")
    if repository.remote_url("origin"):
        promises.promise(uow, PUSH, catalog_queries.speaker(uow.db, service))
    if repository.has_many_loose():
        promises.promise(uow, REPACK, catalog_queries.speaker(uow.db, service))
    activity.record(
        uow,
        "work.complete",
        f"#{item.number} {item.title}",
        service=service.name,
        item_number=item.number,
        commit=item.merge,
    )


def _complete_parent(uow: UnitOfWork, item: Item) -> Item:
    """Complete an item without a branch: its children have, its own checklist is done; it leaves a record on main."""
    children = queries.list_children(uow.db, item.number)
    waiting = [child for child in children if child.state == "open"]
    if waiting or not any(child.state == "completed" for child in children):
        names = ", ".join(f"#{child.number}" for child in waiting) or "none yet"
        raise Conflict(f"#{item.number} completes when its children have; open: {names}.")
    undone = [line.text for line in item.checklist if not line.done]
    if undone:
        raise Conflict(f"The checklist of #{item.number} is not done: {'; '.join(undone)}.")
    repository = repository_of(uow, item.service)
    main = main_of(repository, item.service)
    path, blob = _record(uow, repository, item, change="\n".join(f"#{c.number} {c.title}" for c in children))
    tree = repository.edit(main, {path: blob})
    message = f"Record #{item.number}\n\nWork-Item: {item.number}\n"
    head = repository.write_commit(tree, [main], message, uow.actor.person, uow.now)
    _finish(uow, repository, item, main, head, tree)
    return item

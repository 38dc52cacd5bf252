"""Running what was asked for: reads, talks to the command, records; the units are its own."""

from pathlib import Path

from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict
from calcifer.kit.uow import Actor, UnitOfWork, Units
from calcifer.work import queries, verification
from calcifer.work.models import Item
from calcifer.work.service.storing import head_of, main_of, repository_of
from calcifer.work.verification import Outcome

JOB = "work.verify"


def carry_out(units: Units, actor: Actor, verification_id: int, worktrees: Path) -> Outcome | None:
    """Run a verification that waits and record what it came to; None where that was done before.

    The command must be trusted now: that may have been taken back since it was asked for.
    """
    with units.read(actor) as uow:
        asked = queries.get_verification(uow.db, verification_id)
        if asked.state != "waiting":
            return None
        item, command = queries.get_item(uow.db, asked.item_number), asked.command
        path, folder, commit = Path(item.service.path), item.service.folder, _commit(uow, item, asked.tree)
        is_trusted = queries.find_trusted(uow.db, asked.service_id, command) is not None
    outcome = Outcome("broken", "It did not come to an end: the log says why.")
    try:
        if is_trusted:
            named = str(verification_id)
            outcome = verification.run(path, commit, command, name=named, worktrees=worktrees, below=folder)
        else:
            outcome = Outcome("broken", "The command is not trusted to run on this machine.")
    finally:
        with units.write(actor) as uow:
            _record(uow, verification_id, outcome)
    return outcome


def _commit(uow: UnitOfWork, item: Item, tree: str) -> str:
    """Return a commit with that tree: the merge, where it is still that of this head with this main."""
    repository = repository_of(uow, item.service)
    try:
        parents = [main_of(repository, item.service), head_of(repository, item)]
    except Conflict:  # one of them is gone; the files are what matters
        parents = []
    if parents and repository.merge(*parents).tree != tree:
        parents = []
    return repository.write_commit(tree, parents, f"Verify #{item.number}\n", uow.actor.person, uow.now)


def _record(uow: UnitOfWork, verification_id: int, outcome: Outcome) -> None:
    done = queries.get_verification(uow.db, verification_id)
    item = queries.get_item(uow.db, done.item_number)
    done.state, done.output, done.ended_at = outcome.state, outcome.output, uow.now
    done.exit_code, done.seconds = outcome.exit_code, round(outcome.seconds, 3)
    activity.record(
        uow,
        "work.verify",
        f"#{item.number} {item.title}",
        service=item.service.name,
        item_number=item.number,
        state=outcome.state,
        command=done.command,
    )

"""Everything about one item in one place, for its page, the API, the command line and `context`; reads only."""

from dataclasses import dataclass, field
from pathlib import Path

from calcifer.kit.errors import NotFound, Unavailable
from calcifer.kit.git.damage import told
from calcifer.kit.git.repository import Change, Commit, Repository
from calcifer.kit.journal import list_held
from calcifer.kit.legible import legible
from calcifer.kit.uow import UnitOfWork
from calcifer.work import policies, queries
from calcifer.work.models import Item
from calcifer.work.rules import Verdict
from calcifer.work.schemas import ChecklistOut, CommitOut, ItemDetail, VerdictOut, item_fields
from calcifer.work.service.completion import judge
from calcifer.work.service.storing import branch_gone, repository_of

COMMITS = 100


@dataclass
class Details:
    """An item with its commits, changed paths and verdicts; `problem` says why git could not be asked."""

    item: Item
    repository: Repository | None = None
    main: str | None = None
    head: str | None = None
    ahead: int = 0
    behind: int = 0
    commits: list[Commit] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    children: list[Item] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    """The commits that the item answers for."""
    waivable: frozenset[str] = frozenset()
    problem: str | None = None
    mend: str | None = None
    held: list[str] = field(default_factory=list)
    """What was decided in this repository and has not happened there yet, and why."""

    @property
    def can_complete(self) -> bool:
        """Whether completing now would succeed, as far as anybody can know before doing it."""
        if self.item.is_parent:
            done = [child.state == "completed" for child in self.children if child.state != "dropped"]
            return self.item.state == "open" and bool(done) and all(done)
        return bool(self.verdicts) and all(verdict.lets_through for verdict in self.verdicts)


def details(uow: UnitOfWork, number: int) -> Details:
    """Gather what is known of an item; a repository that cannot be read is a sentence in `problem`, not an error."""
    item = queries.get_item(uow.db, number)
    found = Details(item, answered=queries.list_answered(uow.db, number))
    if item.is_parent:
        found.children = queries.list_children(uow.db, number)
    found.held = [row.held for row in list_held(uow.db.connection()) if item.service.path in row.repositories]
    try:
        with told(Path(item.service.path)):
            _read_git(uow, found)
    except (NotFound, Unavailable) as error:
        found.problem, found.mend = error.message, error.mend
    return found


def _read_git(uow: UnitOfWork, found: Details) -> None:
    item = found.item
    repository = found.repository = repository_of(uow, item.service)
    found.main = repository.branch(item.service.main_branch)
    if item.state == "completed" and item.merge:
        merge = repository.commit(item.merge)
        found.head = merge.parents[-1]
        found.commits = repository.log(found.head, without=merge.parents[0], limit=COMMITS)
        found.changes = repository.changes(merge.parents[0], item.merge)
        return
    ref = item.dropped_ref if item.state == "dropped" else f"refs/heads/{item.branch}"
    found.head = repository.tip(ref) if item.branch else None
    if item.branch and found.head is None:
        gone = branch_gone(repository, item)
        found.problem, found.mend = gone.message, gone.mend if item.state == "open" else None
    if found.head is None or found.main is None:
        return
    found.commits = repository.log(found.head, without=found.main, limit=COMMITS)
    base = repository.merge_base(found.head, found.main)
    if base == found.main and len(found.commits) < COMMITS:
        found.ahead = len(found.commits)
    else:
        found.ahead, found.behind = repository.ahead_behind(found.head, found.main)
    found.changes = repository.changes(base, found.head) if base else []
    found.verdicts = judge(uow, item)
    found.waivable = policies.get(item.service.policy).waivable


def between(found: Details) -> tuple[str | None, str]:
    """Return the two commits that the item's changes lie between; only where it has a head."""
    assert found.repository
    assert found.head
    if found.item.state == "completed" and found.item.merge:
        return found.repository.commit(found.item.merge).parents[0], found.item.merge
    return found.repository.merge_base(found.head, found.main or found.head), found.head


def detail_out(found: Details) -> ItemDetail:
    """Make the schema of the API and of `--json`."""
    item = found.item
    more = {name: getattr(item, name) for name in ("reason", "notes", "docs_reason", "notice", "is_express")}
    return ItemDetail.model_construct(
        **item_fields(item),
        **more,
        head=found.head,
        main=found.main,
        ahead=found.ahead,
        behind=found.behind,
        checklist=[ChecklistOut.model_validate(line) for line in item.checklist],
        verdicts=[verdict_out(verdict) for verdict in found.verdicts],
        can_complete=found.can_complete,
        commits=[CommitOut(oid=c.oid, subject=c.subject, author=c.author.name, at=c.at) for c in found.commits],
        changed=[legible(change.path) for change in found.changes],
        children=[child.number for child in found.children],
        answers_for=found.answered,
    )


def verdict_out(verdict: Verdict) -> VerdictOut:
    """Make the schema of a verdict."""
    return VerdictOut.model_validate({**vars(verdict), "evidence": list(verdict.evidence)})

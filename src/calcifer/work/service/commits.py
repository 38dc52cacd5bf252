"""What happens on an item's branch: worktrees, commits, bringing up to date."""

from pathlib import Path

from calcifer.accounts import permissions
from calcifer.activity import service as activity
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git import checkouts, worktrees
from calcifer.kit.git.moves import BranchMoved
from calcifer.kit.git.names import checked_new_path, checked_oid, checked_path, visible
from calcifer.kit.git.repository import HEADS, MOST_READ_BYTES, Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.rows import update_now
from calcifer.kit.uow import UnitOfWork
from calcifer.services.withheld import why_by_name
from calcifer.work.errors import Merging
from calcifer.work.models import Item
from calcifer.work.schemas import FileContent, NewCommit, Update
from calcifer.work.service.storing import get_open, head_of, main_of, move_branch, repository_of
from calcifer.work.service.trust import ask_verification

LINK = 0o120000
SUBMODULE = 0o160000


def checkout(uow: UnitOfWork, number: int, below: Path) -> Path:
    """Give the item a worktree at `below`/<service>/<number>, or return the one that it has, wherever it is."""
    permissions.require(uow.actor, "work.checkout")
    item = get_open(uow, number)
    if item.branch is None:
        raise Conflict(f"#{number} is a parent and has no branch.")
    repository = repository_of(uow, item.service)
    head_of(repository, item)
    if there := worktree_of(repository, item):
        return there.path
    path = below / item.service.name / str(number)
    if path.exists() and any(path.iterdir()):
        raise Conflict(f"{path} is in the way: it is not empty.")
    made = worktrees.add_worktree(repository, path, item.branch)
    activity.record(uow, "work.checkout", f"#{number} {item.title}", service=item.service.name, item_number=number)
    return made.path


def worktree_of(repository: Repository, item: Item) -> checkouts.Checkout | None:
    """Return the linked worktree (or the main checkout) that is on the item's branch, or None."""
    return next(iter(checkouts.on_branch(repository, item.branch)), None) if item.branch else None


def has_worktree(uow: UnitOfWork, number: int) -> bool:
    """Say whether a checkout is on the item's branch."""
    item = get_open(uow, number)
    return worktree_of(repository_of(uow, item.service), item) is not None


def commit(uow: UnitOfWork, number: int, new: NewCommit) -> str:
    """Commit texts, or the edits in the item's worktree, with the change entry, to the item's branch; return the commit."""
    permissions.require(uow.actor, "work.commit")
    item = get_open(uow, number)
    if item.branch is None:
        raise Conflict(f"#{number} is a parent and has no branch: commit to one of its children.")
    repository = repository_of(uow, item.service)
    head = head_of(repository, item)
    if new.base is not None and checked_oid(new.base, "base") != head:
        raise BranchMoved(
            f"'{item.branch}' has moved since you began: it is at {head[:12]}, you began at {new.base[:12]}. "
            "Nothing of yours is lost: compare both versions, then commit again."
        )
    tree = _from_worktree(repository, item, head, new) if new.from_worktree else repository.tree_of(head)
    edits = edits_of(repository, tree, head, new.files)
    if new.entry is not None:
        edits[item.fragment] = Blob(repository.write_blob(new.entry.encode() + b"\n"))
    tree = repository.edit(tree, edits)
    if tree == repository.tree_of(head):
        raise Invalid.field("files", "There is nothing to commit: the branch has this content already.")
    made = commit_tree(uow, repository, item, head, tree, new.message)
    ask_verification(uow, item)
    return made


def commit_tree(uow: UnitOfWork, repository: Repository, item: Item, head: str, tree: str, message: str) -> str:
    """Put a commit with `tree` on the item's branch, by the actor, with the trailer that names the item."""
    text = f"{message.rstrip()}\n\nWork-Item: {item.number}\n"
    made = repository.write_commit(tree, [head], text, uow.actor.person, uow.now)
    assert item.branch
    repository.propose(HEADS + item.branch, head, made)
    update_now(uow.db, item, head=made)
    activity.record(
        uow,
        "work.commit",
        f"#{item.number} {item.title}",
        service=item.service.name,
        item_number=item.number,
        commit=made,
    )
    return made


def _from_worktree(repository: Repository, item: Item, head: str, new: NewCommit) -> str:
    worktree = worktree_of(repository, item)
    if worktree is None:
        raise Conflict(f"#{item.number} has no worktree.", mend=f"calcifer work checkout {item.number}")
    repository.origins.add(worktree.path)
    return edited(worktree, head, new.paths, f"calcifer work commit {item.number} -m … FILE…")


def edited(
    checkout: checkouts.Checkout,
    base: str,
    paths: list[str] | None,
    naming: str,
    own: list[checkouts.Edit] | None = None,
) -> str:
    """Return the tree of `base` with the edits of a checkout: those of `paths`, or all but what has to be named to be taken.

    `naming` is the command that names files; `own` are the edits that count where not all do.
    """
    if paths is not None:
        return checkouts.snapshot(checkout, base, [checked_path(path, "paths") for path in paths])
    doubtful = to_be_named(checkout, checkouts.edits(checkout) if own is None else own)
    if doubtful:
        path, why = next(iter(doubtful.items()))
        more = f" (and {len(doubtful) - 1} more)" if len(doubtful) > 1 else ""
        raise Invalid(
            f"'{visible(path)}'{more} is new here and {why}. Nothing was committed.",
            fields={"paths": f"'{visible(path)}' is taken only where it is named."},
            mend=f"Add it to .gitignore; or, if it belongs into git, name the files to take: {naming}",
        )
    return checkouts.snapshot(checkout, base, None if own is None else [e.path for e in own if not e.is_repository])


def to_be_named(checkout: checkouts.Checkout, edits: list[checkouts.Edit]) -> dict[str, str]:
    """Return the edits that are taken only where a person names them, each with the reason: new files named like secrets."""
    new = [edit.path for edit in edits if edit.kind == "new"]
    return {path: why for path in new if (why := why_by_name(checkout.path, path))}


def with_files(repository: Repository, tree: str, commit: str, files: list[FileContent]) -> str:
    """Return `tree` with these texts in it; line endings and modes of files that are there stay as they are."""
    return repository.edit(tree, edits_of(repository, tree, commit, files))


def edits_of(repository: Repository, tree: str, commit: str, files: list[FileContent]) -> dict[str, Blob | None]:
    """Store these texts, and return what to edit `tree` with."""
    edits: dict[str, Blob | None] = {}
    for file in files:
        path = checked_path(file.path)
        old = repository.entry(tree, path)
        if old is None:
            checked_new_path(path)
        if old is not None and old.mode in (LINK, SUBMODULE):
            raise Invalid.field("path", f"'{path}' is a link or a submodule: change it in a checkout.")
        if file.content is None:
            if old is None:
                raise Invalid.field("path", f"There is no file '{path}' to delete.")
            edits[path] = None
            continue
        _refuse_filtered(repository, path, commit)
        try:
            content = file.content.encode()
        except UnicodeEncodeError:
            raise Invalid.field("content", f"The text of '{path}' is no valid Unicode.") from None
        if old is not None and repository.size(old.oid) <= MOST_READ_BYTES:
            content = _with_line_endings_of(repository.blob(old.oid), content)
        edits[path] = Blob(repository.write_blob(content), old.mode if old else 0o100644)
    return edits


def _refuse_filtered(repository: Repository, path: str, commit: str) -> None:
    """A filter (git-crypt, LFS) runs only where git itself takes a file in; a text stored past it would be in plain."""
    name = repository.attribute(path, "filter", commit)
    if name:
        raise Invalid.field(
            "path",
            f"'{path}' passes the filter '{name}': change it in a checkout (calcifer work checkout), then commit there.",
        )


def _with_line_endings_of(old: bytes, new: bytes) -> bytes:
    plain = new.replace(b"\r\n", b"\n")
    return plain.replace(b"\n", b"\r\n") if b"\r\n" in old and old.count(b"\r\n") == old.count(b"\n") else plain


def update(uow: UnitOfWork, number: int, how: Update | None = None) -> str:
    """Bring the branch up to date: merge main into it, never rebase. Return its head; Merging names conflicting files."""
    permissions.require(uow.actor, "work.update")
    item = get_open(uow, number)
    if item.branch is None:
        raise Conflict(f"#{number} is a parent and has no branch.")
    repository = repository_of(uow, item.service)
    main, head = main_of(repository, item.service), head_of(repository, item)
    if repository.contains(head, main):
        return head
    tree = _merged(repository, item, main, head, how or Update())
    message = f"Merge {item.service.main_branch} into {item.branch}\n\nWork-Item: {number}\n"
    merged = repository.write_commit(tree, [head, main], message, uow.actor.person, uow.now)
    move_branch(repository, item, head, merged)
    activity.record(uow, "work.update", f"#{number} {item.title}", service=item.service.name, item_number=number)
    ask_verification(uow, item)
    return merged


def _merged(repository: Repository, item: Item, main: str, head: str, how: Update) -> str:
    merge = repository.merge(head, main)
    given = {checked_path(file.path): file.content for file in how.resolutions}
    if merge.tree is None:
        missing = tuple(path for path in merge.conflicts if path not in given)
        if missing:
            raise Merging(item.number, missing)
        tree = repository.merge_resolved(head, main)
    else:
        tree = merge.tree
    for path, content in given.items():
        if content and any(line.startswith(("<<<<<<< ", ">>>>>>> ")) for line in content.splitlines()):
            raise Invalid.field("resolutions", f"'{path}' still has conflict marks.")
    files = [FileContent(path=path, content=text) for path, text in given.items()]
    return with_files(
        repository, tree, head, [f for f in files if f.content is not None or repository.entry(tree, f.path)]
    )

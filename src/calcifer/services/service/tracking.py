"""Makes services of folders of a repository where they are: what they lack is one commit on its main branch.

The commit, the rows and the notes of the adoption come together or not at all; files beside the folders are not touched.
"""

from pathlib import Path

from calcifer.kit.errors import Conflict
from calcifer.kit.git import checkouts
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.promises import promise
from calcifer.kit.uow import Actor, UnitOfWork, Units
from calcifer.services import descriptors, folders, queries
from calcifer.services.mains import main_branch
from calcifer.services.plans import Step
from calcifer.services.service.reading import follow_all, register
from calcifer.services.service.scanning import FIND_STRAYS
from calcifer.services.service.taking import LISTS

MOST_NAMED = 4


def track(units: Units, actor: Actor, path: Path, steps: list[Step]) -> list[str]:
    """Commit what the folders of these steps lack, and register them; return their names.

    Raises Conflict where an edit in a checkout of main, or a link, is in the way.
    """
    wanted = {step.past.folder: step.name for step in steps if step.past}
    with units.write(actor) as uow:
        repository = uow.refs.open(path)
        branch = main_branch(repository)
        head = repository.branch(branch)
        if head is None:
            raise Conflict(f"There is no commit on '{branch}' of {path} yet.", mend="Make a first commit there.")
        others = list(queries.list_at(uow.db, str(path)))
        known = {service.folder for service in others}
        for folder in wanted:
            folders.check_nested(folder, (known | wanted.keys()) - {folder})
        commit = _committed(uow, repository, head, known, wanted)
        if commit != head:
            _check_clear(repository, branch, head, commit)
            repository.propose(HEADS + branch, head, commit)
        made = [register(uow, path, folder=at, name=name, baseline=commit).name for at, name in wanted.items()]
        for name in follow_all(uow, others, head):
            promise(uow, FIND_STRAYS, name)
    return made


def _committed(uow: UnitOfWork, repository: Repository, head: str, known: set[str], wanted: dict[str, str]) -> str:
    """Return the commit on top of main that has everything, or main where it has that already."""
    _check_file(repository, head)
    edits: dict[str, Blob | None] = {}
    for folder in wanted:
        edits |= {path: _blob(repository, text) for path, text in _missing(repository, head, folder).items()}
    old = repository.read(head, folders.FILE)
    text = folders.with_folders(old, sorted(known | wanted.keys()))
    if text != old:
        edits[folders.FILE] = _blob(repository, text)
    if not edits:
        return head
    names = list(wanted.values())
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    lines = "".join(f"Service: {name}\nFolder: {folder or folders.REST}\n" for folder, name in wanted.items())
    message = f"Adopt {', '.join(names[:MOST_NAMED])}{more}\n\n{lines}"
    return repository.write_commit(repository.edit(head, edits), [head], message, uow.actor.person, uow.now)


def _check_file(repository: Repository, head: str) -> None:
    """Raise Conflict where something that is no file stands at the place of the list, or on the way there."""
    old = repository.entry(head, folders.FILE)
    is_odd = old is not None and old.mode not in folders.FILES
    if is_odd or repository.entry(head, ".calcifer") is not None or folders.has(repository, head, folders.FILE):
        raise Conflict(
            f"{folders.FILE} is a link or a folder, or lies in one: nothing is written there.", mend="Remove it."
        )


def _missing(repository: Repository, head: str, folder: str) -> dict[str, bytes]:
    """Return what every service has and this folder does not: a descriptor and a list of changes; the rest needs neither."""
    if not folder:
        return {}
    if repository.entry(head, f"{folder}/.calcifer") is not None:
        raise Conflict(
            f"{visible(folder)}/.calcifer is a link or a file: nothing is written through it.", mend="Remove it."
        )
    names = {name.lower() for name in repository.names(head, folder)}
    found = {}
    if not names & LISTS:
        found[f"{folder}/CHANGES.md"] = b"# Changes\n"
    if "catalog-info.yaml" not in names and repository.entry(head, f"{folder}/{descriptors.PATH}") is None:
        found[f"{folder}/{descriptors.PATH}"] = descriptors.new_text().encode()
    return found


def _blob(repository: Repository, content: bytes) -> Blob:
    return Blob(repository.write_blob(content))


def _check_clear(repository: Repository, branch: str, head: str, commit: str) -> None:
    changes = repository.changes(head, commit)
    for checkout in checkouts.on_branch(repository, branch):
        lost, _ = checkouts.obstacles(checkout, changes)
        if lost:
            raise checkouts.in_the_way(checkout, lost)

"""The only place that says which files folders of a repository lack to be services, and what lies in the way of writing them."""

from collections.abc import Iterable
from pathlib import Path

from calcifer.kit.errors import Conflict
from calcifer.kit.git import checkouts
from calcifer.kit.git.names import visible
from calcifer.kit.git.objects import Change
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import blob_of
from calcifer.services import descriptors, folders
from calcifer.services.mains import main_branch
from calcifer.services.plans import TRACKED, Known, LeftOut, Plan

LISTS = frozenset({"changes.md", "changelog.md", "changes", "changelog"})
"""Names of a list of changes, in lower case."""


def lacks(repository: Repository, head: str, known: Iterable[str], wanted: Iterable[str]) -> dict[str, bytes]:
    """Return the files to commit on top of `head` so that the folders `wanted` are services beside the `known` ones.

    Raises Conflict where a link, or a folder in a file's place, is there.
    """
    _check_file(repository, head)
    found: dict[str, bytes] = {}
    for folder in wanted:
        found |= _missing(repository, head, folder)
    old = repository.read(head, folders.FILE)
    text = folders.with_folders(old, sorted({*known, *wanted}))
    if text != old:
        found[folders.FILE] = text
    return found


def without_blocked(made: Plan, known: Known) -> Plan:
    """Leave out a repository's folders where a file that is not committed, or a link, is in the way: one commit is for all."""
    shared: dict[Path, list[str]] = {}
    for step in made.steps:
        if step.kind in TRACKED and step.past:
            shared.setdefault(step.past.repository, []).append(step.past.folder)
    for path, wanted in shared.items():
        try:
            _check_clear(path, known.folders_of(path), wanted)
        except Conflict as error:
            made.left_out.append(LeftOut(str(path), error.message.removesuffix("."), error.mend))
            made.steps = [
                step
                for step in made.steps
                if step.kind not in TRACKED or step.past is None or step.past.repository != path
            ]
    return made


def _check_clear(path: Path, known: list[str], wanted: list[str]) -> None:
    repository = Repository(path)
    branch = main_branch(repository)
    head = repository.branch(branch)
    if head is None:
        return
    lacking = lacks(repository, head, known, wanted)
    changes = [Change(name, repository.entry(head, name), blob_of(text)) for name, text in lacking.items()]
    check_clear(repository, branch, changes)


def check_clear(repository: Repository, branch: str, changes: list[Change]) -> None:
    """Raise Conflict where changes of a branch would overwrite edits in a checkout of it."""
    for checkout in checkouts.on_branch(repository, branch):
        lost, _ = checkouts.obstacles(checkout, changes)
        if lost:
            raise checkouts.in_the_way(checkout, lost)


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

"""Makes services of folders of a repository where they are: what they lack is one commit on its main branch.

The commit, the rows and the notes of the adoption come together or not at all; files beside the folders are not touched.
"""

from pathlib import Path

from calcifer.kit.errors import Conflict
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.promises import promise
from calcifer.kit.uow import Actor, UnitOfWork, Units
from calcifer.services import folders, queries
from calcifer.services.lacking import check_clear, lacks
from calcifer.services.mains import main_branch
from calcifer.services.plans import Step
from calcifer.services.service.reading import follow_all, register
from calcifer.services.service.scanning import FIND_STRAYS

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
            check_clear(repository, branch, repository.changes(head, commit))
            repository.propose(HEADS + branch, head, commit)
        made = [register(uow, path, folder=at, name=name, baseline=commit).name for at, name in wanted.items()]
        for name in follow_all(uow, others, head):
            promise(uow, FIND_STRAYS, name)
    return made


def _committed(uow: UnitOfWork, repository: Repository, head: str, known: set[str], wanted: dict[str, str]) -> str:
    """Return the commit on top of main that has everything, or main where it has that already."""
    lacking = lacks(repository, head, known, wanted)
    if not lacking:
        return head
    edits = {path: Blob(repository.write_blob(text)) for path, text in lacking.items()}
    names = list(wanted.values())
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    lines = "".join(f"Service: {name}\nFolder: {folder or folders.REST}\n" for folder, name in wanted.items())
    message = f"Adopt {', '.join(names[:MOST_NAMED])}{more}\n\n{lines}"
    return repository.write_commit(repository.edit(head, edits), [head], message, uow.actor.person, uow.now)

"""The check `worktrees`: each worktree that Calcifer made is of an open item, and git knows no other that is gone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from calcifer.kit.diagnosis import Finding, Ward, check, move
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.worktrees import Linked, linked, remove_worktree
from calcifer.services import queries as catalog
from calcifer.services.repositories import of_each
from calcifer.services.rows import Stored
from calcifer.work import queries
from calcifer.work.rows import Kept

SCRATCH = "verify-"
MEND = "calcifer doctor --mend, which moves it to var/backups"


def mend(ward: Ward, aim: str) -> None:
    """Let one go as a completion does: what is in it, or kept for it, goes to the backups. The writers' lock is held meanwhile."""
    with ward.units.write(ward.actor):
        for finding in worktrees(ward):
            if finding.aim == aim:
                _let_go(ward, *aim.split("\n"))


def _let_go(ward: Ward, kind: str, where: str, repository: str) -> None:
    path = Path(where)
    if kind == "entry":
        place = ward.aside("worktrees", f"{path.name}-entry")
        shutil.copytree(path, place, symlinks=True)
        shutil.rmtree(path)
    elif kind == "worktree":
        remove_worktree(Path(repository), path, ward.aside("worktrees", f"{path.parent.name}-{path.name}"))
    else:
        move(path, ward.aside("worktrees", f"{path.parent.name}-{path.name}"))


@check("worktrees", "Worktrees belong to open items", mend=mend)
def worktrees(ward: Ward) -> Iterator[Finding]:
    """Look from both sides: what git knows of each repository, and what lies in `var/worktrees`."""
    ours = Path(os.path.realpath(ward.var / "worktrees"))
    known: set[Path] = set()
    looked_at: set[str] = set()

    def look(session: Session, service: Stored, repository: Repository) -> Iterator[Finding]:
        looked_at.add(service.path)
        open_items = queries.list_kept(session, service.id, state="open")
        for one in linked(repository):
            known.add(Path(os.path.realpath(one.path)))
            yield from _of_git(ours, service, repository, one, open_items)

    yield from of_each(ward, look)
    with ward.units.read(ward.actor) as uow:
        services = catalog.list_places(uow.db)
    out_of_reach = {name for name, path, _ in services if path not in looked_at}  # gone or refused: theirs may be known
    for path in sorted(ours.glob("*/*")):
        service_name = path.parent.name
        if (
            path.is_dir()
            and path not in known
            and service_name not in out_of_reach
            and not service_name.startswith(SCRATCH)
        ):
            sentence = f"No repository knows the worktree {path}."
            yield Finding(service_name, sentence, MEND, aim=f"directory\n{path}\n")


def _of_git(
    ours: Path, service: Stored, repository: Repository, one: Linked, open_items: list[Kept]
) -> Iterator[Finding]:
    # Commits that only a detached HEAD names, or submodules of its own have, would be lost with it: such a one is for people.
    is_on_branch = one.branch is not None
    if not one.path.is_dir():
        if not one.is_locked:
            sentence = f"The worktree {one.path} is gone, and git still keeps its branch for it."
            aim = f"entry\n{one.git_dir}\n{repository.path}" if is_on_branch and not one.has_modules else None
            yield Finding(service.name, sentence, f"git -C {service.path} worktree prune", aim=aim)
    elif _is_left_over(ours, one, open_items):
        sentence = f"The worktree {one.path} belongs to no open item."
        aim = f"worktree\n{one.path}\n{repository.path}" if is_on_branch else None
        look = f"git -C {one.path} status; then: git -C {service.path} worktree remove {one.path}"
        yield Finding(service.name, sentence, MEND if is_on_branch else look, aim=aim)


def _is_left_over(ours: Path, one: Linked, open_items: list[Kept]) -> bool:
    path = Path(os.path.realpath(one.path))
    if not path.is_relative_to(ours) or path.relative_to(ours).parts[0].startswith(SCRATCH):
        return False  # somebody's own, or of a run of a verify command
    if one.branch is None:  # during a rebase, say
        return path.name not in {str(item.number) for item in open_items}
    return one.branch not in {item.branch for item in open_items}

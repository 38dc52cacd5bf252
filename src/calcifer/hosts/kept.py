"""The only place that keeps hosts in git: `var/hosts`, a repository of its own with a file `NAME.json` for each.

The refs move with the unit of work, so that database and repository say the same; what is kept is intent, never a fact.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from calcifer.hosts.models import Host
from calcifer.hosts.schemas import Kept
from calcifer.kit.errors import Invalid
from calcifer.kit.git import founding
from calcifer.kit.git.repository import HEADS, Person, Repository
from calcifer.kit.git.trees import Blob
from calcifer.kit.locks import WriteLock
from calcifer.kit.uow import UnitOfWork

MAIN = HEADS + "main"
LARGEST_BYTES = 20_000
SUFFIX = ".json"
README = """# Hosts

What the hosts of this workspace are meant to be, a file each: how they are reached, and the key that each has to show. Calcifer
writes the files; `calcifer hosts edit` changes them, and `calcifer rebuild` reads them as they are on main.
"""


def place(var: Path) -> Path:
    """Return where the repository is."""
    return var / "hosts"


def found(var: Path, person: Person, at: datetime) -> bool:
    """Make the repository where there is none; True where it was made. Not within a unit of work: git is started."""
    path = place(var)
    with WriteLock(var / "hosts.lock"):
        if founding.has_own_git_dir(path) and Repository(path).tip(MAIN) is not None:
            return False
        founding.init(path)
        (path / "README.md").write_text(README, "utf-8")
        founding.commit_all(path / ".git", path, person, at, "Begin\n")
        return True


def save(uow: UnitOfWork, var: Path, why: str, hosts: Iterable[Host], gone: Iterable[str] = ()) -> None:
    """Propose a commit in which `hosts` are as they are now, and those called `gone` are not."""
    repository = uow.refs.open(place(var))
    old = repository.tip(MAIN)
    edits: dict[str, Blob | None] = {file_of(name): None for name in gone}
    edits |= {file_of(host.name): Blob(repository.write_blob(written(host))) for host in hosts}
    tree = repository.edit(old, edits)
    if old is None or tree != repository.commit(old).tree:
        commit = repository.write_commit(tree, [old] if old else [], f"{why}\n", uow.actor.person, uow.now)
        repository.propose(MAIN, old, commit)


def file_of(name: str) -> str:
    """Return the path of a host's file."""
    return name + SUFFIX


def written(host: Host) -> bytes:
    """Return the file of a host."""
    return Kept.model_validate(host).model_dump_json(indent=2).encode() + b"\n"


def read(var: Path) -> Iterator[tuple[str, Kept | Invalid]]:
    """Yield what main has, by path; what is no host of ours is an Invalid with the reason. Nothing where there is no repository."""
    if not founding.has_own_git_dir(place(var)):
        return
    repository = Repository(place(var))
    main = repository.tip(MAIN)
    for path in repository.names(main) if main else []:
        if path.endswith(SUFFIX):
            try:
                yield path, _host(repository, main or "", path)
            except Invalid as error:
                yield path, error


def _host(repository: Repository, main: str, path: str) -> Kept:
    entry = repository.entry(main, path)
    if entry is None or repository.size(entry.oid) > LARGEST_BYTES:
        raise Invalid("This is no file of a host.")
    content = repository.blob(entry.oid)
    try:
        kept = Kept.model_validate_json(content)
    except ValidationError:
        raise Invalid("This is not what Calcifer writes of a host.") from None
    if file_of(kept.name) != path or bool(kept.target) != bool(kept.key):
        raise Invalid("This does not agree with itself.")
    return kept

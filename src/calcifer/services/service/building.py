"""Makes repositories where nobody sees them, in `var/building` of the workspace, and puts them into place as the last step."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from calcifer.kit.locks import Tenure
from calcifer.services.copying import remove_tree

FOLDER = "building"


@contextmanager
def building(var: Path) -> Iterator[Path]:
    """Give a directory of one's own that is removed at the end; what died builders left is removed before."""
    yard = var / FOLDER
    yard.mkdir(parents=True, exist_ok=True)
    clear(var)
    token = secrets.token_hex(6)
    held = Tenure(yard / f"{token}.lock")
    held.take(token)
    folder = yard / token
    folder.mkdir()
    try:
        yield folder
    finally:
        remove_tree(folder)
        held.path.unlink(missing_ok=True)
        held.give()


def left_behind(var: Path) -> list[Path]:
    """Return the directories whose builders died: nobody holds their locks."""
    locks = sorted((var / FOLDER).glob("*.lock"))
    return [lock.with_suffix("") for lock in locks if Tenure(lock).holder() is None]


def clear(var: Path) -> None:
    """Remove what died builders left: copies and clones that are nowhere else in use."""
    for folder in left_behind(var):
        remove_tree(folder)
        folder.with_suffix(".lock").unlink(missing_ok=True)

"""The only place that turns what libgit2 says about a damaged repository into a sentence."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2

from calcifer.kit.errors import Unavailable


@contextmanager
def told_of_any(names: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Raise Unavailable for what libgit2 cannot read in one of the repositories that a unit of work has opened (`names`)."""
    try:
        yield
    except pygit2.GitError as error:
        raise Unavailable(
            f"A repository is damaged or cannot be read ({', '.join(names())}): {str(error).strip(chr(39))}.",
            mend="Look at it with: git fsck",
        ) from error


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise Unavailable where objects of the repository at `path` are missing or damaged, or files may not be read."""
    try:
        yield
    except (pygit2.GitError, KeyError, OSError) as error:
        # libgit2 reports a missing object of a walk as KeyError with the id
        raise Unavailable(
            f"The repository {path.name} is damaged or cannot be read: {str(error).strip(chr(39))}.",
            mend=f"Look at it with: git -C {path} fsck",
        ) from error

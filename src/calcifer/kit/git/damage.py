"""The only place that turns what libgit2 says about a damaged repository into a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2

from calcifer.kit.errors import Unavailable


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

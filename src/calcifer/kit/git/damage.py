"""The only place that turns what libgit2 says about a damaged repository into a sentence."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pygit2

from calcifer.kit.errors import Unavailable
from calcifer.kit.git.loose import broken_among


@contextmanager
def told_of_any(paths: Callable[[], Iterable[Path]]) -> Iterator[None]:
    """Raise Unavailable for what libgit2 cannot read in one of the repositories that a unit of work has opened (`paths`)."""
    try:
        yield
    except pygit2.GitError as error:
        for path in paths():
            if broken := _broken(path, error):
                raise broken from error
        raise Unavailable(
            f"A repository is damaged or cannot be read ({', '.join(path.name for path in paths())}): {_words(error)}.",
            mend="Look at it with: git fsck",
        ) from error


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise Unavailable where objects of the repository at `path` are missing or damaged, or files may not be read."""
    try:
        yield
    except (pygit2.GitError, KeyError, OSError) as error:
        # libgit2 reports a missing object of a walk as KeyError with the id
        raise _broken(path, error) or Unavailable(
            f"The repository {path.name} is damaged or cannot be read: {_words(error)}.",
            mend=f"Look at it with: git -C {path} fsck",
        ) from error


def sentence(path: Path, file: Path) -> str:
    """Say of the repository at `path` that an object's file is broken."""
    return f"The repository {path.name} is damaged: the object in {file} is cut off or is none."


def mend(path: Path, file: Path) -> str:
    """Say how an object comes back: git writes none where a file of that name lies, so that goes first."""
    oid = file.parent.name + file.name
    return (
        f"mv {file} {file.parents[2] / f'broken-{oid}'} && KIND=$(git -C CLONE cat-file -t {oid}) && "
        f"git -C CLONE cat-file $KIND {oid} | git -C {path} hash-object -w -t $KIND --stdin; "
        "where CLONE is a clone that has the object; without one: from a backup"
    )


def _broken(path: Path, error: Exception) -> Unavailable | None:
    """Make the error that names the file, where what libgit2 says is about one that is broken."""
    with suppress(OSError):
        file = broken_among(path / ".git" if (path / ".git").is_dir() else path, str(error))
        if file is not None:
            return Unavailable(sentence(path, file), mend=mend(path, file))
    return None


def _words(error: Exception) -> str:
    return str(error).strip("'")

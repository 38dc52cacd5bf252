"""The only place that lists what a new repository's history holds: each file of each tree, once."""

from collections.abc import Iterator
from dataclasses import dataclass

from pygit2.enums import FileMode

from calcifer.kit.git.history.sources import Source
from calcifer.kit.git.history.tracing import Trace


@dataclass(frozen=True, slots=True)
class Content:
    """A file, link or submodule as it came into the history: `commit` is the source's, `path` that of the new repository."""

    commit: str
    path: bytes
    oid: str
    mode: int

    @property
    def is_file(self) -> bool:
        """Whether it is neither a link nor a submodule."""
        return self.mode not in (FileMode.LINK, FileMode.COMMIT)

    @property
    def is_submodule(self) -> bool:
        """Whether it is a commit of another repository."""
        return self.mode == FileMode.COMMIT


def contents(source: Source, trace: Trace) -> Iterator[Content]:
    """Yield what the kept commits hold, oldest first; a folder that did not change is not entered again."""
    seen: set[tuple[bytes, str]] = set()
    for kept in trace.kept:
        for (_, place), value in zip(kept.state, kept.values, strict=True):
            if value is not None:
                yield from _below(source, kept.oid, place, value, seen)


def _below(
    source: Source, commit: str, path: bytes, value: tuple[int, str], seen: set[tuple[bytes, str]]
) -> Iterator[Content]:
    mode, oid = value
    if (path, oid) in seen:
        return
    seen.add((path, oid))
    if mode != FileMode.TREE:
        yield Content(commit, path, oid, mode)
        return
    for name, inner in source.entries(oid).items():
        yield from _below(source, commit, path + b"/" + name if path else name, inner, seen)

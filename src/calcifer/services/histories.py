"""The only place that looks at the history which a folder of a repository brings along: how much it is, and what is in it.

Words: a *past* is that history; a *find* is a file in it that looks like a secret, never belongs into git, or is large.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from calcifer.kit import leaks
from calcifer.kit.git.history import Content, Source, Trace, contents, parts, trace_all
from calcifer.kit.git.names import visible
from calcifer.kit.legible import plural
from calcifer.services.withheld import LARGEST_BYTES, why_never

POINTER = b"version https://git-lfs.github.com/spec/"
POINTER_BYTES = 1024
LOOKED_AT_BYTES = 50_000_000
"""How much of a repository's history a plan looks through for secrets; adopting looks at all of it."""
MOST_FINDS = 200  # of one service; more are counted


@dataclass(frozen=True)
class Find:
    """Something in a history that a person should know of: `commit` is the first one, in the repository that it comes from."""

    path: str
    line: int | None
    commit: str
    reason: str


@dataclass(frozen=True)
class Past:
    """The history of `folder` (with bytes that are no UTF-8 as surrogates) in the repository at `repository`."""

    repository: Path
    folder: str
    branch: str
    tip: str
    is_checked_out: bool
    """Whether main is what lies there, so that files which are not committed can come along."""
    commits: int = 0
    merges: int = 0
    tags: int = 0
    files: int = 0
    """How many versions of files it holds, of `size_bytes` together."""
    size_bytes: int = 0
    signed: int = 0
    former: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()
    pointers: int = 0
    """How many versions of files are kept by git LFS, elsewhere."""
    is_shallow: bool = False
    finds: tuple[Find, ...] = ()
    find_count: int = 0
    is_looked_through: bool = True
    """Whether all of it was looked through for secrets."""
    trace: Trace | None = field(default=None, repr=False, compare=False)

    @property
    def notes(self) -> list[str]:
        """What has to be said of it."""
        said = []
        if self.former:
            said.append(f"Formerly {', '.join(map(visible, self.former))}.")
        if self.signed:
            said.append(f"{plural(self.signed, 'commit')} with a signature: the new ones have other ids and none.")
        if self.pointers:
            said.append(
                f"{self.pointers} versions of files are pointers of git LFS: what they point to stays with the repository."
            )
        if self.is_shallow:
            said.append("The repository is shallow: the history begins where it was cut off.")
        said += [
            f"{visible(name)} is a submodule: the repository's .gitmodules, which has its address, does not come along."
            for name in self.submodules
        ]
        if not self.is_looked_through:
            said.append(
                "It is too large to look through now: adopting looks for secrets in all of it, and says what it found."
            )
        return said


def looked_into(source: Source, pasts: Sequence[Past], *, limit_bytes: int | None) -> list[Past]:
    """Return `pasts` of one repository, measured and looked through up to `limit_bytes` of what is in it."""
    if not pasts:
        return []
    wanted = [parts({past.folder: ""}) for past in pasts]
    scan = _Scan(source, limit_bytes)
    traces = trace_all(source, pasts[0].tip, wanted)
    return [_measured(source, past, trace, scan) for past, trace in zip(pasts, traces, strict=True)]


def _measured(source: Source, past: Past, trace: Trace, scan: "_Scan") -> Past:
    scan.begin()
    seen: set[str] = set()
    size, pointers, finds, submodules = 0, 0, list[Find](), set[bytes]()
    for content in contents(source, trace):
        if content.is_submodule:
            submodules.add(content.path)
            continue
        if content.oid not in seen:
            seen.add(content.oid)
            of_one = source.size(content.oid)
            size += of_one
            pointers += of_one < POINTER_BYTES and source.raw(content.oid).startswith(POINTER)
        if content.is_file:
            finds += scan.finds(content)
    now = os.fsencode(past.folder)
    return replace(
        past,
        commits=sum(one.is_on_main for one in trace.kept),
        merges=trace.merges,
        tags=len(trace.tags),
        files=len(seen),
        size_bytes=size,
        signed=sum(b"\ngpgsig" in source.raw(one.oid).partition(b"\n\n")[0] for one in trace.kept),
        former=tuple(map(os.fsdecode, trace.former)),
        submodules=tuple(os.fsdecode(path) for path in sorted(submodules) if source.is_at(past.tip, now + b"/" + path)),
        pointers=pointers,
        is_shallow=source.is_shallow,
        finds=tuple(finds[:MOST_FINDS]),
        find_count=len(finds),
        is_looked_through=scan.room is None or scan.room >= 0,
        trace=trace,
    )


class _Scan:
    """Looks at each file of a repository's history, of its later versions only at the lines that are new."""

    def __init__(self, source: Source, room: int | None) -> None:
        self._source, self.room = source, room
        self._known: set[tuple[str, str]] = set()
        self._told: set[tuple[str, str]] = set()
        self._lines: dict[str, set[int]] = {}

    def begin(self) -> None:
        """Begin with another service: what was found in one is told of the other, too."""
        self._known, self._told, self._lines = set(), set(), {}

    def finds(self, content: Content) -> Iterator[Find]:
        path = os.fsdecode(content.path)
        if (content.oid, path) in self._known:
            return
        self._known.add((content.oid, path))
        size = self._source.size(content.oid)
        if size > LARGEST_BYTES:
            yield Find(path, None, content.commit, f"is over 10 MB ({size / 1024 / 1024:.0f} MB)")
        if self.room is not None:
            self.room -= min(size, leaks.LOOK_BYTES)
        if self.room is None or self.room >= 0:
            for line, reason in self._look(path, self._source.raw(content.oid) if size <= LARGEST_BYTES else b""):
                yield Find(path, line, content.commit, reason)

    def _look(self, path: str, content: bytes) -> Iterator[tuple[int | None, str]]:
        name = PurePosixPath(path).name
        never = why_never(name, content)
        if never and (path, never) not in self._told:
            self._told.add((path, never))
            yield None, never
        lines = [hash(line) for line in content[: leaks.LOOK_BYTES].split(b"\n")]
        seen = self._lines.setdefault(path, set())
        new = {number for number, line in enumerate(lines, 1) if line not in seen}
        seen.update(lines)
        kinds: dict[int, list[str]] = {}
        for leak in leaks.find(name, content, new):
            kinds.setdefault(leak.line, []).append(leak.kind)
        for line, named in kinds.items():
            yield line, f"looks like a secret ({', '.join(named)})"

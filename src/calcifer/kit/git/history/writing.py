"""The only place that writes a repository which was taken out of another one: commits, tags, one pack, all on disk."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

from calcifer.kit.errors import Invalid
from calcifer.kit.git import durable
from calcifer.kit.git.founding import FAITHFUL
from calcifer.kit.git.history.composing import Composer
from calcifer.kit.git.history.sources import Source, shown
from calcifer.kit.git.history.tracing import Trace
from calcifer.kit.git.loose import guarded
from calcifer.kit.git.program import run
from calcifer.kit.git.repository import HEADS

PACK_SECONDS = 3600.0
IDS = "calcifer-rewritten"
"""The file in `.git` that says which commit became which: old id, space, new id."""
_OF_OTHER_IDS = (b"gpgsig ", b"gpgsig-sha256 ", b"mergetag ")
_SIGNATURE = re.compile(
    rb"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----\n.*\Z", re.MULTILINE | re.DOTALL
)


@dataclass
class Written:
    """What a new repository has, and what could not come along."""

    tip: str
    ids: dict[str, str] = field(default_factory=dict)
    """The new commit of each that was kept."""
    tags: dict[str, str] = field(default_factory=dict)
    unsigned: int = 0
    """How many commits and tags were signed."""
    collisions: list[bytes] = field(default_factory=list)
    """Paths that two parts had at once in some commit; the later part's content was taken."""


def write(source: Source, trace: Trace, target: Path, *, branch: str = "main") -> Written:
    """Make the repository `target`, which must not exist, with the history `trace` on `branch`; there is no checkout yet.

    Everything is on disk when this returns. Raises Invalid where nothing of the parts is on main, or two have the same path.
    """
    if trace.tip is None or not any(trace.kept[trace.tip].values):
        names = " and ".join(f"'{shown(path)}'" for path, _ in trace.wanted)
        raise Invalid(f"There is no {names} on the main branch of {source.path.name}.")
    git = pygit2.init_repository(str(target), initial_head=branch)
    git.odb.add_disk_alternate(os.fspath(source.objects))
    guarded(git, source.objects)
    writer = _Writer(source, git, trace)
    made = writer.commits()
    refs = {HEADS + branch: made.tip, **writer.tags()}
    beside = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(source.objects)}
    moves = b"".join(b"create %s %s\n" % (os.fsencode(ref), oid.encode()) for ref, oid in refs.items())
    run(*FAITHFUL, "update-ref", "--stdin", cwd=target, stdin=moves, env=beside)
    run(*FAITHFUL, "repack", "-a", "-d", "-q", cwd=target, env=beside, timeout_seconds=PACK_SECONDS)
    if made.tags:
        run(*FAITHFUL, "pack-refs", "--all", cwd=target)
    lines = "".join(f"{old} {new}\n" for old, new in made.ids.items())
    (target / ".git" / IDS).write_text(lines)
    durable.flush_tree(target / ".git")
    return made


def _quoted(path: Path) -> str:
    """Return a path as git reads lists of object directories: quoted, since `:` divides them."""
    escaped = os.fspath(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class _Writer:
    def __init__(self, source: Source, git: pygit2.Repository, trace: Trace) -> None:
        self._source, self._git, self._trace = source, git, trace
        self._new: list[str] = []
        self._made = Written("")

    def commits(self) -> Written:
        """Write each commit with its new tree and parents."""
        composer = Composer(self._git)
        tip = self._trace.tip
        assert tip is not None
        last = self._trace.kept[tip]
        composer.tree(last.state, last.values)
        if composer.collisions:
            raise Invalid(
                f"Two of the folders have '{shown(min(composer.collisions))}': one repository cannot have both."
            )
        for one in self._trace.kept:
            tree = composer.tree(one.state, one.values)
            raw, was_signed = _rewritten(self._source.raw(one.oid), tree, [self._new[parent] for parent in one.parents])
            self._new.append(str(self._git.odb.write(ObjectType.COMMIT, raw)))
            self._made.ids[one.oid] = self._new[-1]
            self._made.unsigned += was_signed
        self._made.tip = self._new[tip]
        self._made.collisions = sorted(composer.collisions)
        return self._made

    def tags(self) -> dict[str, str]:
        """Write the tags, and return the object that each names."""
        stored = self._source.tags()
        for name, kept in self._trace.tags.items():
            self._made.tags[name] = self._tag(stored[name], self._new[kept])
        return self._made.tags

    def _tag(self, oid: str, commit: str) -> str:
        if not self._source.is_tag(oid):
            return commit
        head, gap, message = self._source.raw(oid).partition(b"\n\n")
        lines = _headers(head)
        inner = next(line[7:].strip().decode() for line in lines if line.startswith(b"object "))
        new = self._tag(inner, commit)
        kept = [line for line in lines if not line.startswith((b"object ", *_OF_OTHER_IDS))]
        plain = _SIGNATURE.sub(b"", message)
        self._made.unsigned += plain != message or len(kept) + 1 != len(lines)
        raw = b"\n".join([b"object " + new.encode(), *kept]) + gap + plain
        return str(self._git.odb.write(ObjectType.TAG, raw))


def _headers(head: bytes) -> list[bytes]:
    """Return headers with the lines that continue them."""
    return re.split(rb"\n(?! )", head)


def _rewritten(raw: bytes, tree: str, parents: list[str]) -> tuple[bytes, bool]:
    """Return a commit's bytes with another tree and other parents, without signatures; and whether it had one."""
    head, gap, message = raw.partition(b"\n\n")
    lines = _headers(head)
    kept = [line for line in lines if not line.startswith((b"tree ", b"parent ", *_OF_OTHER_IDS))]
    made = [b"tree " + tree.encode(), *(b"parent " + parent.encode() for parent in parents), *kept]
    return b"\n".join(made) + gap + message, any(line.startswith(_OF_OTHER_IDS[:2]) for line in lines)

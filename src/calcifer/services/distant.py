"""The only place that says what is read of a directory on another machine, and with which scripts; pure but for writing what came.

Compose files, documents and small configuration are read. Secrets, databases, data and big files stay there, by the rules of
`withheld`: by name and size before anything is read, by content once it is here, before there is a repository. The scripts
need a POSIX shell, find, cat and tar. What the other side answers may be anybody's: each name is checked.
"""

import os
import re
import shlex
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from calcifer.kit.errors import Conflict, Invalid, Unavailable
from calcifer.kit.git.names import checked_path, visible
from calcifer.services import compose
from calcifer.services.mounts import OVERRIDES, Mount, mounts
from calcifer.services.withheld import DATABASE_MARKS, REPOSITORY, Withheld, by_name

DEEPEST = 5
MOST_IN_FOLDER = 1000
MOST_FILES = 2000
MOST_IN_MOUNT = 100
ODD = "has a name that cannot be taken"
MOST_STACKS = 500
LARGEST_BYTES = 10 * 1024 * 1024
COMPOSE_BYTES = 1024 * 1024
MOST_BYTES = 500 * 1024 * 1024
LISTING_BYTES = 100_000_000
COPY_BYTES = 1_000_000_000
LISTING_SECONDS = 300.0
COPY_SECONDS = 1800.0
NAMES_BYTES = 30_000
LONGEST_RECORD = COMPOSE_BYTES + 10_000
ALL_COMPOSE = (*compose.NAMES, *OVERRIDES)

# Record: a letter, then what it is about, then NUL.
# `k` up to 64 KB, `m` 1 MB, `t` 10 MB, `b` bigger; `l` link, `g` .git, `e` too deep.
_LIST = r"""set -u
LC_ALL=C; export LC_ALL
cd @ROOT@ 2>/dev/null || { echo "has no directory "@ROOT@", or this user may not enter it" >&2; exit 3; }
p='k=$1; shift; for f do printf "%s%s\000" "$k" "$f"; done'
say() { sh -c "$p" sh "$@"; }
stack() {
  for f in @COMPOSE@; do
    if [ -f "$f" ] && [ ! -L "$f" ] && [ -n "$(find "$f" -size -2049 2>/dev/null)" ]; then
      say c "$f"; printf '='; cat "$f"; printf '\000'
    fi
  done
  find . -xdev -path './@DEEP@' -prune -exec sh -c "$p" sh e {} + \
    -o -name .git -prune -exec sh -c "$p" sh g {} + \
    -o -type l -exec sh -c "$p" sh l {} + \
    -o -type f -size -129 -exec sh -c "$p" sh k {} + \
    -o -type f -size -2049 -exec sh -c "$p" sh m {} + \
    -o -type f -size -20481 -exec sh -c "$p" sh t {} + \
    -o -type f -exec sh -c "$p" sh b {} + 2>/dev/null
}
has() { for f in @NAMES@; do if [ -f "$1/$f" ]; then return 0; fi; done; return 1; }
if has .; then
  say D .; stack
else
  for d in ./*/; do
    d=${d%/}
    if [ -L "$d" ] || [ ! -d "$d" ]; then continue; fi
    if has "$d"; then say D "$d"; (cd "$d" && stack); else say N "$d"; fi
  done
fi
printf 'Z\000'
"""


@dataclass
class Stack:
    """A directory with a compose file: what the listing says of it. Paths are relative to it."""

    name: str
    composes: dict[str, bytes] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)
    """File → the letter of its size, or `l` for a link."""
    repositories: list[str] = field(default_factory=list)
    too_deep: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    """What has a name that cannot be taken, spelled out for people: nothing can be asked for by it."""
    counts: dict[str, int] = field(default_factory=dict)
    has_compose: bool = True

    def add(self, letter: str, path: str) -> None:
        """Keep a record; what is far too much of a folder is counted alone."""
        folder = path.partition("/")[0] + "/" if "/" in path else ""
        self.counts[folder] = self.counts.get(folder, 0) + 1
        if self.counts[folder] > MOST_IN_FOLDER:
            if self.counts[folder] == MOST_IN_FOLDER + 1:
                self.sizes = {name: size for name, size in self.sizes.items() if not name.startswith(folder or "\0")}
        elif letter == "g":
            self.repositories.append(path)
        elif letter == "e":
            self.too_deep.append(path)
        else:
            self.sizes[path] = letter


@dataclass(frozen=True)
class Choice:
    """What of a stack is read, and what stays there, with why."""

    taken: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    compose: str
    mounted: tuple[Mount, ...]
    odd: tuple[Withheld, ...] = ()
    """What stays because of its name, which no rule in .gitignore could spell either."""


def listing_script(root: str) -> str:
    """Return the script that lists the stacks below `root`, or `root` as one where it has a compose file itself."""
    said = {
        "@ROOT@": shlex.quote(root),
        "@COMPOSE@": " ".join(ALL_COMPOSE),
        "@NAMES@": " ".join(compose.NAMES),
        "@DEEP@": "/".join("*" * (DEEPEST + 1)),
    }
    return re.sub(r"@[A-Z]+@", lambda found: said[found[0]], _LIST)


def records(stream: Any) -> Iterator[bytes]:
    """Yield what a listing says, record by record; Conflict where it does not come to its end."""
    rest = b""
    while piece := stream.read():
        *whole, rest = (rest + piece).split(b"\0")
        yield from whole
        if len(rest) > LONGEST_RECORD:
            break
    if rest:
        raise Conflict("The other machine answers with something else than a list of files.")


def stacks(said: Iterable[bytes]) -> list[Stack]:
    """Read a listing."""
    found: list[Stack] = []
    file, is_whole = "", False
    for record in said:
        letter, rest = record[:1].decode("latin-1"), record[1:]
        if is_whole or letter not in "DNZc=klmtbge" or not letter or (letter not in "DNZ" and not found):
            raise Conflict("The other machine answers with something else than a list of files.")
        if letter in "DN":
            if len(found) >= MOST_STACKS:
                raise Conflict(f"There are more than {MOST_STACKS} directories: name one that has fewer.")
            found.append(Stack(os.fsdecode(rest).removeprefix("./"), has_compose=letter == "D"))
        elif letter == "Z":
            is_whole = True
        elif letter == "=":
            found[-1].composes[file] = rest[:COMPOSE_BYTES]
        elif letter == "c":
            file = os.fsdecode(rest)
            if file not in ALL_COMPOSE:
                raise Conflict("The other machine answers with something else than a list of files.")
        else:
            _keep(found[-1], letter, os.fsdecode(rest).removeprefix("./"))
    if not is_whole:
        raise Conflict("The list of files broke off: look at the connection, then repeat.")
    return found


def _keep(stack: Stack, letter: str, path: str) -> None:
    if letter == "g" and path == ".git":
        stack.add(letter, "./")
        return
    named = path.removesuffix("/.git") if letter == "g" else path
    try:
        checked_path(named)
    except (Invalid, UnicodeError):
        stack.odd.append(visible(named))
    else:
        stack.add(letter, f"{named}/" if letter == "g" else named)


def chosen(stack: Stack, root: str) -> Choice:
    """Decide what is read of a stack that lies at `root`, by names, sizes and what its compose files mount; Conflict: nothing."""
    if "./" in stack.repositories:
        raise Conflict("is a git repository there: clone it by its address")
    compose_name = next((name for name in compose.NAMES if name in stack.composes), None)
    if compose_name is None:
        raise Conflict("has a compose file that is a link, or over 1 MB")
    mounted = _mounted(stack, compose_name, root)
    out = [Withheld(path, REPOSITORY) for path in stack.repositories]
    out += [Withheld(path, f"lies deeper than {DEEPEST} directories") for path in stack.too_deep]
    out += [
        Withheld(folder, f"holds more than {MOST_IN_FOLDER:,} files")
        for folder, count in stack.counts.items()
        if folder and count > MOST_IN_FOLDER
    ]
    if stack.counts.get("", 0) > MOST_IN_FOLDER:
        raise Conflict(f"has more than {MOST_IN_FOLDER:,} files at its top")
    out += _databases(stack.sizes)
    out += _data(stack.sizes, mounted)
    folders = tuple(one.path for one in out if one.path.endswith("/"))
    taken = []
    for path, size in stack.sizes.items():
        if folders and path.startswith(folders):
            continue
        reason = _reason(path, size)
        if reason:
            out.append(Withheld(path, reason))
        else:
            taken.append(path)
    if len(taken) > MOST_FILES:
        raise Conflict(f"has more than {MOST_FILES:,} files that would be read")
    stays = tuple(sorted(dict.fromkeys(out), key=lambda one: one.path))
    odd = tuple(Withheld(path, ODD) for path in sorted(stack.odd))
    return Choice(tuple(sorted(taken)), stays, compose_name, tuple(mounted), odd)


def _reason(path: str, size: str) -> str | None:
    if size == "l":
        return None
    return by_name(PurePosixPath(path).name, b"") or ("is over 10 MB" if size == "b" else None)


def _databases(paths: Iterable[str]) -> Iterator[Withheld]:
    for path in paths:
        above, _, last = path.rpartition("/")
        if last in DATABASE_MARKS and above:
            yield Withheld(above + "/", f"is the data directory of {DATABASE_MARKS[last]}")


def _mounted(stack: Stack, name: str, root: str) -> list[Mount]:
    """Read what the compose files mount, with paths relative to the stack."""
    with tempfile.TemporaryDirectory(prefix="calcifer-plan-") as scratch:
        for file, content in stack.composes.items():
            (Path(scratch) / file).write_bytes(content)
        found = mounts(Path(scratch), name)
    made = []
    for mount in found:
        source = os.path.normpath(mount.source.removeprefix(root.rstrip("/") + "/"))
        if not source.startswith(("/", "..", "~")) and source != ".":
            made.append(Mount(source, mount.target, mount.is_read_only))
    return made


def _data(sizes: dict[str, str], mounted: Iterable[Mount]) -> Iterator[Withheld]:
    """Directories that a container may write to are read where they are few and small files, which configuration is."""
    for mount in mounted:
        inside = [(path, size) for path, size in sizes.items() if path.startswith(mount.source + "/")]
        if not inside or mount.is_read_only:
            continue
        is_small = len(inside) <= MOST_IN_MOUNT and all(size in "klm" for _, size in inside)
        has_data = any(_reason(path, size) == "is a database" for path, size in inside)
        if not is_small or has_data:
            yield Withheld(mount.source + "/", f"is mounted at {mount.target} and holds data, not configuration")


def copying_script(root: str, wanted: Iterable[str]) -> str:
    """Return the script that packs `wanted`, paths below `root`, as one archive after the other."""
    lines = ["set -u", "LC_ALL=C; export LC_ALL", f"cd {shlex.quote(root)} || exit 3"]
    names: list[str] = []
    size = 0
    for path in wanted:
        names.append(shlex.quote(f"./{path}"))
        size += len(names[-1])
        if size > NAMES_BYTES:
            lines.append(_tar(names))
            names, size = [], 0
    if names:
        lines.append(_tar(names))
    return "\n".join([*lines, "exit 0", ""])


def _tar(names: list[str]) -> str:
    return f"tar -cf - {' '.join(names)} 2>/dev/null </dev/null"


def unpacked(stream: Any, wanted: dict[str, Path]) -> set[str]:
    """Write what comes of an archive to the places of `wanted` (path in the archive → file), and return which came.

    Nothing else is written, wherever it claims to belong; what is no file, and a link that leads out of its stack, is left out.
    """
    taking = _Unpacking(wanted)
    try:
        with tarfile.open(fileobj=stream, mode="r|", ignore_zeros=True, errorlevel=2) as archive:
            for member in archive:
                taking.take(archive, member)
    except tarfile.ReadError as error:
        if "unexpected end" in str(error):
            raise Unavailable("The connection broke off while files were read.") from error
        raise Conflict("The other machine sends something else than an archive: does it have tar?") from error
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as error:
        raise Conflict(f"The other machine sends something else than an archive ({type(error).__name__}).") from error
    taking.link()
    return taking.came


class _Unpacking:
    """Writes members of an archive; links come last, so that nothing is written through one."""

    def __init__(self, wanted: dict[str, Path]) -> None:
        self.came: set[str] = set()
        self._wanted = wanted
        self._links: dict[str, str] = {}
        self._bytes = 0

    def take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        path = member.name.removeprefix("./")
        target = self._wanted.get(path)
        if target is None or path in self.came or path in self._links:
            return
        if member.issym():
            self._links[path] = member.linkname
        elif member.islnk():  # two names of one file
            twin = member.linkname.removeprefix("./")
            if twin in self.came:
                there = self._wanted[twin]
                self._put(path, target, [there.read_bytes()], is_executable=os.access(there, os.X_OK))
        elif member.isfile() and member.size <= LARGEST_BYTES and (file := archive.extractfile(member)):
            self._bytes += member.size
            if self._bytes > MOST_BYTES:
                raise Conflict(f"There is more than {MOST_BYTES // 1024 // 1024} MB to read: take fewer at once.")
            self._put(path, target, _pieces(file), is_executable=bool(member.mode & 0o100))

    def _put(self, path: str, target: Path, pieces: Iterable[bytes], *, is_executable: bool) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            mode = 0o755 if is_executable else 0o644
            made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        except (FileExistsError, NotADirectoryError):  # it claims to be a file and a directory
            return
        with os.fdopen(made, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        self.came.add(path)

    def link(self) -> None:
        """Make the links that stay in their directory and below."""
        for path, points in self._links.items():
            target = self._wanted[path]
            leads_out = points.startswith("/") or ".." in points.split("/")
            if leads_out or not points or "\0" in points or len(points) > 1000 or os.path.lexists(target):
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(points)
            self.came.add(path)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(1024 * 1024):
        yield piece

"""The only place that decides what a first commit never takes, and a later one only by name; and why.

Secrets, databases, data and big files stay where they are and are ignored: what git has once, it has forever, and main may be
pushed. Everything else is taken. In doubt about a secret it stays out, since that can be mended; in doubt about configuration it
comes in.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from calcifer.kit.git.founding import Candidates
from calcifer.services.mounts import Mount

LARGEST_BYTES = 10 * 1024 * 1024
LOOKED_AT_BYTES = 64 * 1024
BIG_FOLDER_BYTES = 20 * 1024 * 1024
HALF = 0.5

ENV_EXAMPLES = {"example", "sample", "template", "dist", "defaults"}
_ENV = re.compile(r"\A\.env\.|\.env\Z")  # `db.env` is what env_file names: passwords like those of `.env`
KEY_SUFFIXES = {".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk"}
KEY_NAMES = {"acme.json", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"}
DATABASE = re.compile(r"\.(db3?|sqlite3?|mdb|rdb)([-.](wal|shm|journal))?\Z|\.sqlite[^/]*\Z", re.IGNORECASE)
SQLITE = b"SQLite format 3\0"
REDIS = re.compile(rb"REDIS\d{4}")
# A file that a database keeps at the top of its directory → whose it is.
DATABASE_MARKS = {
    "PG_VERSION": "PostgreSQL",
    "ibdata1": "MySQL or MariaDB",
    "WiredTiger": "MongoDB",
    "aria_log_control": "MariaDB",
}
PRIVATE_KEY = re.compile(
    rb"^[ \t]*-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[ \t]*\r?\n[ \t]*[A-Za-z0-9+/=]"
    rb"|^[ \t]*PrivateKey[ \t]*=[ \t]*[A-Za-z0-9+/]{43}=[ \t]*\r?$"
    rb"|\bAGE-SECRET-KEY-1[A-Z0-9]{20,}",
    re.MULTILINE,
)
KEY_MARKS = (b"PRIVATE KEY", b"PrivateKey", b"AGE-SECRET-KEY")
CERTIFICATE = re.compile(
    rb"-----BEGIN (?:TRUSTED )?(?:CERTIFICATE|X509 CRL|[A-Z ]*PUBLIC KEY|DH PARAMETERS|EC PARAMETERS)"
)
IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".ico", ".webp", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".pdf", ".jar"}

DATA_REASONS = ("is a", "is over")  # as `_reason` puts it; a secret beside configuration does not make it data
REPOSITORY = "is a git repository of its own"
UNREADABLE = "cannot be read by the user that Calcifer runs as"


@dataclass(frozen=True)
class Withheld:
    """A path that stays out of the first commit; a folder's ends with `/`. Bytes that are no UTF-8 are surrogates."""

    path: str
    reason: str


def withheld(folder: Path, found: Candidates, mounted: Iterable[Mount], ignored_above: Iterable[str]) -> list[Withheld]:
    """Return what of `found` stays out, by path; what lies in a folder that stays out is not listed again."""
    out = [Withheld(name, REPOSITORY) for name in found.repositories]
    out += [Withheld(name, UNREADABLE) for name in found.unreadable]
    out += [Withheld(name, "is ignored by the repository that it comes from") for name in ignored_above]
    out += _databases(found.files)
    files = _outside(found.files, out)
    reasons = {name: reason for name in files if (reason := _reason(folder, name))}
    out += _data_folders(folder, files, reasons, mounted)
    out += [Withheld(name, reasons[name]) for name in _outside(reasons, out)]
    return sorted(dict.fromkeys(out), key=lambda one: one.path)


def _outside(names: Iterable[str], out: list[Withheld]) -> list[str]:
    folders = tuple(one.path for one in out if one.path.endswith("/"))
    files = {one.path for one in out}
    return [name for name in names if name not in files and not (folders and name.startswith(folders))]


def _databases(names: Iterable[str]) -> Iterator[Withheld]:
    for name in names:
        above, _, last = name.rpartition("/")
        if last in DATABASE_MARKS and above:
            yield Withheld(above + "/", f"is the data directory of {DATABASE_MARKS[last]}")


def _reason(folder: Path, name: str) -> str | None:
    path = folder / name
    if path.is_symlink():
        return None  # git keeps where it points, not what is there
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(LOOKED_AT_BYTES)
    except OSError:
        return UNREADABLE
    return by_name(PurePosixPath(name).name, head) or _by_content(head) or _by_size(size)


def why_never(name: str, content: bytes) -> str | None:
    """Return why a file of this name and content never belongs into git, whatever its size; None where it may."""
    head = content[:LOOKED_AT_BYTES]
    return by_name(name, head) or _by_content(head)


def why_by_name(folder: Path, name: str) -> str | None:
    """Return what the name of a file in `folder` says against committing it, or None; a link is judged by nothing."""
    path = folder / name
    if path.is_symlink():
        return None
    try:
        with path.open("rb") as file:
            head = file.read(LOOKED_AT_BYTES)
    except OSError:
        return None
    return by_name(path.name, head)


def by_name(name: str, head: bytes) -> str | None:
    """Return why a file of this name stays out, by the name and what it begins with, or None."""
    lower = name.lower()
    suffix = PurePosixPath(lower).suffix
    if _ENV.search(lower) and re.split(r"[._-]", lower)[-1 if lower.startswith(".env.") else -2] not in ENV_EXAMPLES:
        return "holds the values of variables, often passwords"
    if suffix in KEY_SUFFIXES or lower in KEY_NAMES:
        return "is named like a private key"
    if suffix == ".pem" and not CERTIFICATE.search(head):
        return "is named like a private key"
    if DATABASE.search(lower):
        return "is a database"
    return None


def _by_content(head: bytes) -> str | None:
    if head.startswith(SQLITE):
        return "is an SQLite database"
    if REDIS.match(head):
        return "is a Redis database"
    if any(mark in head for mark in KEY_MARKS) and PRIVATE_KEY.search(
        head
    ):  # most files have none, and that is quick to see
        return "holds a private key"
    return None


def _by_size(size: int) -> str | None:
    return f"is over 10 MB ({size / 1024 / 1024:.0f} MB)" if size > LARGEST_BYTES else None


def _data_folders(
    folder: Path, files: list[str], reasons: dict[str, str], mounted: Iterable[Mount]
) -> Iterator[Withheld]:
    """Judge the directories that containers write to by what is in them."""
    for mount in mounted:
        place = _within(folder, mount.source)
        if place and (inside := [name for name in files if name.startswith(place)]):
            why = _why_data(folder, inside, reasons, is_read_only=mount.is_read_only)
            if why:
                yield Withheld(place, f"is mounted at {mount.target} and {why}")


def _within(folder: Path, source: str) -> str | None:
    """Return the mounted directory relative to `folder` with a `/` at the end; None for a file, `folder` itself, or elsewhere."""
    top = os.path.normpath(folder)
    path = os.path.normpath(Path(top) / source)
    is_below = path.startswith(top + os.sep) and Path(path).is_dir()
    return os.path.relpath(path, top) + "/" if is_below else None


def _why_data(folder: Path, inside: list[str], reasons: dict[str, str], *, is_read_only: bool) -> str | None:
    opaque, opaque_bytes, foreign = 0, 0, False
    owner = folder.stat().st_uid
    for name in inside:
        status = (folder / name).lstat()
        is_data = reasons.get(name, "").startswith(DATA_REASONS) or _is_opaque(folder / name)
        opaque += is_data and PurePosixPath(name).suffix.lower() not in IMAGES
        opaque_bytes += status.st_size if is_data else 0
        foreign = foreign or status.st_uid != owner
    if opaque_bytes > BIG_FOLDER_BYTES:
        return f"holds {opaque_bytes / 1024 / 1024:.0f} MB of data"
    if is_read_only or not opaque:
        return None
    if foreign:
        return "holds files that a container has written"
    return "holds data, not configuration" if opaque >= HALF * len(inside) else None


def _is_opaque(path: Path) -> bool:
    if path.is_symlink():
        return False
    if path.suffix.lower() in {".log", ".pid", ".lock", ".sock"}:
        return True
    try:
        with path.open("rb") as file:
            return b"\0" in file.read(8192)
    except OSError:
        return True

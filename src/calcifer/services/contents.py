"""The only place that reads what is on a service's main branch for people: folders, files, documents, commits.

All of it comes from somebody's repository: names and texts are made visible before they are shown, and nothing of it is run.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from calcifer.kit.errors import CalciferError, Invalid, NotFound, Unavailable
from calcifer.kit.git.damage import told
from calcifer.kit.git.names import checked_oid, checked_path, is_reachable, visible
from calcifer.kit.git.repository import Commit, Entry, Repository
from calcifer.kit.uow import UnitOfWork
from calcifer.services.folders import FILE
from calcifer.services.models import Service

MOST_SHOWN_BYTES = 500_000
MOST_SHOWN_LINES = 10_000
MOST_SENT_BYTES = 50_000_000
MOST_ENTRIES = 1000
MOST_DOCUMENTS = 500
MOST_RECORDS = 50
MOST_LOOKED_AT = 500
FRONT_BYTES = 4000
RECORDS = ".calcifer/work"
LINK_MODE = 0o120000
SUBMODULE_MODE = 0o160000
# What a browser may show as an image. SVG is one of them only because it is sent into a sandbox without scripts.
IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "svg": "image/svg+xml",
    "ico": "image/x-icon",
}
_README = re.compile(r"readme(\.(md|markdown|txt|rst))?\Z", re.IGNORECASE)
_CHANGES = re.compile(r"(changes|changelog|history)(\.(md|markdown|txt|rst))?\Z", re.IGNORECASE)
_TRAILER = re.compile(r"^Work-Item:[ \t]*#?(\d{1,9})[ \t]*$", re.MULTILINE)
_FRONT = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)


class NoCommitYet(NotFound):
    """Nothing has been committed on main."""


@dataclass(frozen=True)
class Main:
    """The main branch of a service at one commit; `root` is what has the service's files, that commit or the tree of its folder."""

    repository: Repository
    head: str
    root: str
    service: Service

    def at(self, path: str) -> str:
        """Return what has the file at `path`: records lie at the top of a repository, whichever folder they are about."""
        return self.head if path.startswith(RECORDS + "/") else self.root


@dataclass(frozen=True)
class Shown:
    """A file: `kind` is text, image, binary, large, link or submodule; text has `lines`, link and submodule have a `target`."""

    path: str
    oid: str
    kind: str
    size: int
    lines: tuple[str, ...] = ()
    target: str = ""
    is_executable: bool = False

    @property
    def is_editable(self) -> bool:
        """Whether the change form can take it: text that is all there."""
        return self.kind == "text"


@dataclass(frozen=True)
class Logged:
    """A commit as the history shows it; `item` is the number that its trailer names."""

    oid: str
    subject: str
    body: str
    author: str
    mail: str
    at: datetime
    item: int | None

    @classmethod
    def of(cls, commit: Commit) -> "Logged":
        """Make what was written in it fit to be shown."""
        subject, _, body = commit.message.strip().partition("\n")
        trailer = _TRAILER.search(commit.message)
        return cls(
            commit.oid,
            visible(subject) or "(without a message)",
            "\n".join(visible(line) for line in body.strip().splitlines()),
            visible(commit.author.name),
            visible(commit.author.mail),
            commit.at,
            int(trailer[1]) if trailer else None,
        )


@contextmanager
def main_of(uow: UnitOfWork, service: Service) -> Iterator[Main]:
    """Give the main branch of a service; Unavailable where the repository cannot be read, NoCommitYet where it is empty.

    What goes wrong while it is read is Unavailable too, and says what to do about it.
    """
    path = Path(service.path)
    with told(path):
        try:
            repository = uow.refs.open(path)
        except NotFound:
            raise Unavailable(
                f"The repository of {service.name} is not at {path} any more.",
                mend="Put it back, or adopt it again where it is now, and scan.",
            ) from None
        head = repository.branch(service.main_branch)
        if head is None:
            raise NoCommitYet(
                f"There is no commit on '{service.main_branch}' of {service.name} yet.",
                mend=f"Commit something on '{service.main_branch}' in {path}, then scan.",
            )
        if not has_commit(repository, head):
            raise Unavailable(
                f"The repository of {service.name} has lost the commit {head[:10]} that is on '{service.main_branch}'.",
                mend=f"Look at it with: git -C {path} fsck",
            )
        yield Main(repository, head, _root(repository, head, service), service)


def _root(repository: Repository, head: str, service: Service) -> str:
    if not service.folder:
        return head
    try:
        return repository.tree_of(head, service.folder)
    except NotFound:
        raise Unavailable(
            f"The folder '{service.folder}' of {service.name} is not on '{service.main_branch}' of {service.path} any more.",
            mend="Bring it back there, or adopt it where it is now, and scan.",
        ) from None


def has_commit(repository: Repository, oid: str) -> bool:
    """Say whether a commit and its top folder are there."""
    try:
        repository.tree_of(oid)
        repository.commit(oid)
    except NotFound:
        return False
    return True


def problem_of(uow: UnitOfWork, service: Service) -> CalciferError | None:
    """Return why the repository of a service cannot be read, or None."""
    try:
        with main_of(uow, service):
            return None
    except (NoCommitYet, Unavailable) as error:
        return error


@dataclass(frozen=True)
class Folder:
    """The first entries of a folder, folders before files; whether there are `more`."""

    entries: list[Entry]
    more: bool


def find_folder(main: Main, path: str) -> Folder | None:
    """Return what a folder has; None where `path` is no folder."""
    if path:
        checked_path(path)
    try:
        found = main.repository.folder(main.root, path, most=MOST_ENTRIES + 1)
    except NotFound:
        return None
    return Folder(found[:MOST_ENTRIES], len(found) > MOST_ENTRIES)


def get_file(main: Main, path: str) -> Shown:
    """Return a file for a person to look at; NotFound where there is none."""
    checked_path(path)
    entry = main.repository.entry(main.at(path), path)
    if entry is None:
        raise NotFound(f"There is no file '{visible(path)}' on main.")
    if entry.mode == SUBMODULE_MODE:
        return Shown(path, entry.oid, "submodule", 0, target=entry.oid)
    size = main.repository.size(entry.oid)
    executable = entry.mode == 0o100755
    if entry.mode == LINK_MODE:
        target = visible(main.repository.blob(entry.oid)[:4096].decode("utf-8", "surrogateescape"))
        return Shown(path, entry.oid, "link", size, target=target)
    if size > MOST_SHOWN_BYTES:
        kind = "image" if media_type(path) and size <= MOST_SENT_BYTES else "large"
        return Shown(path, entry.oid, kind, size, is_executable=executable)
    content = main.repository.blob(entry.oid)
    if b"\0" in content[:8000]:  # what git takes for binary
        return Shown(path, entry.oid, "image" if media_type(path) else "binary", size, is_executable=executable)
    lines = text_of(content).split("\n")
    if lines[-1] == "":
        lines.pop()
    if len(lines) > MOST_SHOWN_LINES:
        return Shown(path, entry.oid, "large", size, is_executable=executable)
    shown = tuple(visible(line.removesuffix("\r")) for line in lines)
    return Shown(path, entry.oid, "text", size, shown, is_executable=executable)


def text_of(content: bytes) -> str:
    """Decode a file; bytes that are no UTF-8 become surrogates, which `visible` spells out."""
    return content.decode("utf-8", "surrogateescape")


def media_type(path: str) -> str | None:
    """Return the type of an image that pages may show, or None."""
    return IMAGES.get(path.rpartition(".")[2].lower()) if "." in path else None


def get_bytes(main: Main, path: str) -> bytes:
    """Return the stored bytes of a file; NotFound where there is none, Invalid where it is too large to be sent at once."""
    checked_path(path)
    entry = main.repository.entry(main.at(path), path)
    if entry is None or entry.mode in (SUBMODULE_MODE, LINK_MODE):
        raise NotFound(f"There is no file '{visible(path)}' on main.")
    if main.repository.size(entry.oid) > MOST_SENT_BYTES:
        raise Invalid("This file is too large to be sent from here.", mend="Take it from a clone of the repository.")
    return main.repository.blob(entry.oid)


# -- documents ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Documents:
    """What a service says about itself, by path: what to read first, the rest, and the newest records."""

    first: tuple[str, ...]
    pages: tuple[str, ...]
    records: tuple[str, ...]

    @property
    def opening(self) -> str | None:
        """The document that is shown where none is asked for."""
        return next(iter((*self.first, *self.pages)), None)


def list_documents(main: Main) -> Documents:
    """Return README, CHANGES, the Markdown files below docs/ and the newest records."""
    top = [entry.path for entry in main.repository.folder(main.root) if entry.kind == "file"]
    first = [path for path in top if _README.match(path)] + [path for path in top if _CHANGES.match(path)]
    first += [path for path in top if is_markdown(path) and path not in first]
    pages: list[str] = []
    for path, blob in main.repository.paths(main.root, "docs"):
        if is_markdown(path) and blob.mode not in (LINK_MODE, SUBMODULE_MODE) and is_reachable(path):
            pages.append(path)
        if len(pages) >= MOST_DOCUMENTS:
            break
    records = [
        path for path, _ in main.repository.paths(main.head, RECORDS) if is_markdown(path) and is_reachable(path)
    ]
    newest = islice(_own(main, sorted(records, key=_number, reverse=True)), MOST_RECORDS)
    return Documents(tuple(path for path in first if is_reachable(path)), tuple(pages), tuple(newest))


def _own(main: Main, records: list[str]) -> Iterator[str]:
    """Yield the records of the service, where its repository has those of others too; the newest are looked at."""
    if not main.service.folder and main.repository.entry(main.head, FILE) is None:
        yield from records
        return
    line = f"service: {main.service.name}\n".encode()
    for path in records[:MOST_LOOKED_AT]:
        if line in (main.repository.read(main.head, path) or b"")[:FRONT_BYTES]:
            yield path


def _number(path: str) -> tuple[int, str]:
    digits = path.rpartition("/")[2].partition("-")[0]
    return (int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 11 else 0, path)


def is_markdown(path: str) -> bool:
    """Say whether a file is shown as a document."""
    return path.lower().endswith((".md", ".markdown"))


def front_matter(text: str) -> tuple[str, str]:
    """Split the front matter of a record from its text; it is empty where there is none."""
    found = _FRONT.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


# -- history ------------------------------------------------------------------------------------------------------------


def list_commits(main: Main, *, tip: str | None = None, after: str | None = None, limit: int) -> list[Logged]:
    """Return up to `limit` commits of main, newest first; with `tip` as main was then, from behind the commit `after`."""
    for oid in (tip, after):
        if oid is not None and not _is_on(main, checked_oid(oid, "cursor")):
            raise Invalid.field("cursor", "Main does not have this commit (any more): begin without a cursor.")
    begin = tip or main.head
    if main.service.folder:
        found = main.repository.file_log(begin, main.service.folder, after=after, limit=limit)
    else:
        found = main.repository.log(begin, after=after, limit=limit)
    return [Logged.of(commit) for commit in found]


def _is_on(main: Main, oid: str) -> bool:
    return has_commit(main.repository, oid) and main.repository.contains(main.head, oid)

"""The only place that decides which paths, refs and remote URLs are let near git; everything else is refused with a sentence."""

import re
import unicodedata

from calcifer.kit.errors import Invalid
from calcifer.kit.legible import spelled

PATH_BYTES = 1024
REF_BYTES = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_REF_FORBIDDEN = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")
# What some file systems leave out of a name when they compare it (git's is_hfs_dotgit knows the same).
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_OID = re.compile(r"[0-9a-f]{40}\Z")
_SCHEMES = ("https://", "http://", "ssh://", "git://", "file:///")
_SCP = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!//)\S+\Z")


def checked_path(path: str, field: str = "path") -> str:
    """Return `path` if it names a file inside a repository: relative, no `..`, no `.git`, no control characters; else Invalid."""
    parts = path.split("/")
    if not path or len(path.encode("utf-8", "surrogatepass")) > PATH_BYTES:
        raise Invalid.field(field, f"A path has between 1 and {PATH_BYTES} bytes.")
    if _CONTROL.search(path) or "\\" in path or any(unicodedata.category(c) == "Cs" for c in path):
        raise Invalid.field(field, "A path has no control characters and no backslashes.")
    if any(part in ("", ".", "..") for part in parts) or re.match(r"[A-Za-z]:", path):
        raise Invalid.field(field, "A path is relative to the repository, without empty parts, '.' or '..'.")
    if any(_INVISIBLE.sub("", part).rstrip(". ").lower() in (".git", "git~1") for part in parts):
        raise Invalid.field(field, "A path does not lead into '.git'.")
    if any(len(part.encode()) > 255 for part in parts):  # NAME_MAX of every file system that matters
        raise Invalid.field(field, "Each part of a path has at most 255 bytes.")
    return path


def is_reachable(path: str) -> bool:
    """Say whether a path can be named in an address: not one with control characters, backslashes or undecodable bytes."""
    try:
        checked_path(path)
    except (Invalid, UnicodeError):
        return False
    return True


def checked_new_path(path: str, field: str = "path") -> str:
    """Return `path` if it may name a new file: as `checked_path`, and nothing in it hides or turns the text around."""
    if _INVISIBLE.search(path) or _UNSEEN.search(path):
        raise Invalid.field(field, f"A path has no characters that hide or mislead: {visible(path)}")
    return checked_path(path, field)


def checked_ref(ref: str, field: str = "ref") -> str:
    """Return `ref` if `git check-ref-format` would take it and it cannot be read as an option; else Invalid.

    The rules are those of git-check-ref-format(1); they are applied here because libgit2 and git differ in what they let pass.
    """
    parts = ref.split("/")
    wrong = (
        not ref
        or len(ref.encode("utf-8", "replace")) > REF_BYTES
        or _REF_FORBIDDEN.search(ref)
        or any(not part or part.startswith((".", "-")) or part.endswith((".lock", ".")) for part in parts)
        or ref in ("@", "HEAD")
    )
    if wrong:
        raise Invalid.field(field, "This is no name for a branch: use letters, digits, '-', '_', '.' and '/'.")
    return ref


def checked_oid(oid: str, field: str = "commit") -> str:
    """Return `oid` if it is a full lower-case SHA-1; else Invalid."""
    if not _OID.match(oid):
        raise Invalid.field(field, "A commit is named by its 40 hexadecimal characters.")
    return oid


def checked_url(url: str, field: str = "url") -> str:
    """Return `url` if git may fetch from it: https, http, ssh, git, file or user@host:path, without a password in it."""
    if url.startswith("-") or _CONTROL.search(url) or "::" in url or " " in url:
        raise Invalid.field(field, "This is no address of a repository: give https://…, ssh://… or user@host:path.")
    if not (url.startswith(_SCHEMES) or _SCP.match(url)):
        raise Invalid.field(field, "This is no address of a repository: give https://…, ssh://… or user@host:path.")
    authority = url.split("://", 1)[-1].split("/", 1)[0]
    if "@" in authority and ":" in authority.rsplit("@", 1)[0]:
        raise Invalid.field(
            field, "A password does not belong into an address: use an ssh key or a credential helper of git."
        )
    return url


# What a terminal or a browser would not show as it is: controls, surrogates of undecodable bytes, invisible and
# direction-changing characters ("Trojan Source", CVE-2021-42574); not the joiners that scripts and emoji need.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def visible(text: str) -> str:
    """Return text from a repository with every character that hides or misleads spelled out, such as ⟨U+202E⟩ or ⟨0x1B⟩."""
    return _UNSEEN.sub(spelled, text)


_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/@:\s]*)(?P<password>:[^/@\s]*)?@", re.IGNORECASE)
_QUERY = re.compile(r"(://[^\s?]*)\?\S*")


def redacted(text: str) -> str:
    """Return `text`, an address or words of git with addresses in them, without what may be a password or a token.

    With ssh the user's name is no secret; with http it may be a token.
    """

    def hidden(found: re.Match[str]) -> str:
        is_ssh = found["scheme"].lower() in {"ssh", "git+ssh", "ssh+git"}
        return f"{found['scheme']}://{found['user']}@" if is_ssh else f"{found['scheme']}://…@"

    return _QUERY.sub(r"\1?…", _USERINFO.sub(hidden, text))

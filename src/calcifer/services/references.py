"""The only place that decides what a link in a document of a repository means: a path of the repository, or somewhere else."""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from calcifer.kit.git.names import is_reachable

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FRAGMENT = re.compile(r"[\w.-]{1,200}\Z")


@dataclass(frozen=True)
class Reference:
    """A path of the repository; `path` is empty for its top folder."""

    path: str
    fragment: str = ""


def resolved(document: str, url: str) -> Reference | str | None:
    """Return what `url` in the file `document` leads to: a path of the repository, an address elsewhere, or None for nowhere.

    A path that begins with "/" begins at the top of the repository, as forges have it; one that leaves it leads nowhere.
    """
    if url.startswith("#"):
        return f"#{fragment_of(url[1:])}"
    if _SCHEME.match(url) or url.startswith("//"):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    wanted = unquote(parts.path)
    base = "" if wanted.startswith("/") else posixpath.dirname(document)
    path = posixpath.normpath(posixpath.join(base, wanted.lstrip("/"))) if wanted else document
    if path == ".":
        return Reference("", "")
    return Reference(path, fragment_of(parts.fragment)) if is_reachable(path) else None


def fragment_of(fragment: str) -> str:
    """Return the id that the heading of this fragment has on our pages; empty where it is none."""
    wanted = unquote(fragment).lower()
    return f"doc-{wanted}" if _FRAGMENT.match(wanted) else ""

"""The only place that knows which checklist an item begins with: files, by category and action, overridable per service."""

import posixpath
import re
from functools import cache
from importlib import resources

from calcifer.kit.git.repository import Repository

LINES = 50
_LINE = re.compile(r"\s*[-*]\s+(?:\[[ xX]\]\s+)?(\S.*)")


def checklist(repository: Repository, main: str, folder: str, category: str, action: str) -> list[str]:
    """Return the lines of `.calcifer/checklists/<category>-<action>.md` on main, else of Calcifer's own template.

    That in the service's folder goes before that at the top of its repository.
    """
    path = f".calcifer/checklists/{category}-{action}.md"
    own = repository.read(main, posixpath.join(folder, path)) if folder else None
    own = repository.read(main, path) if own is None else own
    text = own.decode("utf-8", "replace") if own is not None else _shipped(f"{category}-{action}.md")
    found = [" ".join(match[1].split())[:200] for line in text.splitlines() if (match := _LINE.match(line))]
    return found[:LINES]


@cache
def _shipped(name: str) -> str:
    return (resources.files("calcifer.work") / "checklists" / name).read_text(encoding="utf-8")

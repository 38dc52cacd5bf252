"""The only place that says how a service is called, and where an adopted repository came from."""

import os
import re
from pathlib import Path

from calcifer.kit.errors import Invalid

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\Z")
RESERVED = frozenset(
    {"adopt", "adopt_from", "adoptions", "elsewhere", "new", "plan", "scan", "scans", "survey", "surveys", "var"}
)
"""Words that stand where a name does in an address or in the workspace."""
MARK = "calcifer-source"


def name_of(path: Path) -> str:
    """Return the name for a service in the directory `path`: lower case, of letters, digits, '.', '_' and '-'."""
    stem = path.name.removesuffix(".git").lower()
    name = re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:100].strip("-._") or "service"
    return f"{name}-service" if name in RESERVED else name


def checked_name(name: str) -> str:
    """Return `name` if a service may be called so; else Invalid."""
    if not NAME.match(name):
        raise Invalid.field(
            "name",
            "A name has up to 100 lower-case letters, digits, '.', '_' or '-', and begins with a letter or digit.",
        )
    if name in RESERVED or name.endswith((".git", ".lock")):
        raise Invalid.field("name", f"'{name}' means something else here: take another name.")
    return name


def marked_source(path: Path) -> str | None:
    """Return what the repository at `path` was copied or cloned from, or None."""
    try:
        return os.fsdecode((path / ".git" / MARK).read_bytes())
    except OSError:
        return None


def mark_source(git_dir: Path, source: str) -> None:
    """Keep in the repository what it was copied or cloned from, so that adopting that again finds it."""
    (git_dir / MARK).write_bytes(os.fsencode(source))

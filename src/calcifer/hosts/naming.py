"""The only place that says how a host is called, where it is, and where services lie on it."""

import re

from calcifer.kit.errors import Invalid
from calcifer.kit.ssh import read_target

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")
RESERVED = frozenset({"add", "check", "jobs"})
"""Words that stand where a name does in an address."""
STACKS = "/opt/calcifer"
REPLACED = ".replaced-"


def checked_name(name: str) -> str:
    """Return `name` if a host may be called so; else Invalid."""
    if not NAME.match(name):
        raise Invalid.field(
            "name",
            "A host's name has up to 63 lower-case letters, digits, '.', '_' or '-', and begins with a letter or digit.",
        )
    if name in RESERVED or REPLACED in name:
        raise Invalid.field("name", f"'{name}' means something else here: take another name.")
    return name


def checked_target(target: str) -> str:
    """Return where a host is, as for ssh, empty for this machine; Invalid where that is no target, or looks like an option."""
    text = target.strip()
    if text:
        read_target(text)
    return text


def checked_directory(directory: str) -> str:
    """Return the directory that services lie in on a host; Invalid where that is none from the top."""
    text = directory.strip() or STACKS
    kept = "/" + text.strip("/")
    parts = kept.split("/")[1:]
    if not text.startswith("/") or {"", ".", ".."} & set(parts) or not kept.isprintable() or len(kept.encode()) > 1000:
        raise Invalid.field("directory", "Name the directory from the top, without '..', as in /opt/calcifer.")
    return kept


def replaced_name(name: str, taken: set[str]) -> str:
    """Return how the host that was called `name` is listed once another one has that name."""
    number = 1
    while f"{name}{REPLACED}{number}" in taken:
        number += 1
    return f"{name}{REPLACED}{number}"

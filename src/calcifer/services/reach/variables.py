"""Puts in what variables of a compose file stand for, as far as the repository says so: a tracked `.env`, or the default."""

import re
from collections.abc import Mapping

from calcifer.services.marked_yaml import Node

_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<sign>:?[-?+])(?P<default>[^${}]*))?\}"
    r"|(?P<bare>[A-Za-z_][A-Za-z0-9_]*)|(?P<other>))"
)
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]\s*(.*?)\s*\Z")
_SET = re.compile(
    r"(?:HOME|PATH|SHELL|USER|LOGNAME|OLDPWD|HOSTNAME|TMPDIR|MAIL|TERM|LANG|LC_\w+|SSH_\w+|XDG_\w+|DOCKER_\w+)\Z"
)
"""Variables that a session on the host has: neither a default nor `.env` counts."""
HERE = "PWD"


def read_env(content: bytes | None) -> dict[str, str]:
    """Return what a `.env` sets; a value that has variables itself stays as it is written."""
    found = {}
    for line in (content or b"").decode("utf-8", "replace").splitlines():
        match = None if line.lstrip().startswith("#") else _LINE.match(line)
        if match:
            value = match[2]
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[match[1]] = value[1:-1] if quoted else re.split(r"\s#", value, maxsplit=1)[0].strip()
    return found


def resolved(text: str, env: Mapping[str, str]) -> str | None:
    """Return the text with its variables put in; None where only the host knows one of them."""
    known = True

    def put(match: re.Match[str]) -> str:
        nonlocal known
        name = match["braced"] or match["bare"]
        if match["escaped"]:
            return "$"
        if name == HERE:
            return "."
        value = None if _SET.match(name or "") else env.get(name or "")
        if value is None and match["sign"] in ("-", ":-") and not _SET.match(name):
            value = match["default"]
        if value == "" and match["sign"] == ":-":
            value = match["default"]
        if name is None or value is None or "$" in value or (match["sign"] or "").endswith("+"):
            known = False
            return ""
        return value

    said = _VARIABLE.sub(put, text)
    return said if known else None


def value(node: Node | None, env: Mapping[str, str]) -> str | None:
    """Return what a value stands for; the empty text where there is none, None where only the host knows."""
    text = node.text if node is not None else ""
    return resolved(text or "", env)

"""The only place that writes ignore rules: paths that stay out of git are added to `.gitignore`, what it has is kept.

A rule goes into the nearest `.gitignore` above the path: there the last line wins, whatever stands in it or in those above.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from calcifer.services.copying import write_file
from calcifer.services.withheld import Withheld

FILE = ".gitignore"
REMARK = b"# What stays out of git: secrets, databases, data, big files."
_SPECIAL = re.compile(rb"([\\*?\[\]])")
_UNSPEAKABLE = re.compile(rb"[\n\r\0]")  # a rule is one line, so any one character stands for these


def ignore(folder: Path, out: Iterable[Withheld], exclude: Path) -> None:
    """Add a rule for each path to a `.gitignore` in `folder`; where that is a link, which git does not follow, to `exclude`."""
    by_file: dict[Path, list[bytes]] = {}
    for one in out:
        home = _home(folder, one.path)
        file = home / FILE
        inside = os.fsencode(one.path)[len(os.fsencode(os.path.relpath(home, folder))) + 1 :]
        name = os.fsencode(one.path) if home == folder or file.is_symlink() else inside
        by_file.setdefault(exclude if file.is_symlink() else file, []).append(rule(name))
    for file, rules in by_file.items():
        content = file.read_bytes() if file.exists() else b""
        write_file(file, appended(content, rules))


def _home(folder: Path, path: str) -> Path:
    """Return the nearest directory above `path` that has ignore rules, else the top."""
    above = (folder / path.rstrip("/")).parent
    while above != folder and not os.path.lexists(above / FILE):
        above = above.parent
    return above


def rule(path: bytes) -> bytes:
    """Return the line of gitignore(5) that names this one path."""
    line = b"/" + _UNSPEAKABLE.sub(b"?", _SPECIAL.sub(rb"\\\1", path))
    stripped = line.rstrip(b" \t")
    return stripped + b"".join(b"\\" + line[at : at + 1] for at in range(len(stripped), len(line)))


def appended(content: bytes, rules: list[bytes]) -> bytes:
    """Return ignore rules with more of them at the end; what is there stays, line ends as they are."""
    end = b"\r\n" if b"\r\n" in content else b"\n"
    there = set(content.splitlines())
    wanted = [line for line in rules if line not in there]
    if not wanted:
        return content
    gap = b"" if not content or content.endswith(b"\n") else end
    remark = [] if REMARK in there else [REMARK]
    return content + gap + b"".join(line + end for line in remark + wanted)

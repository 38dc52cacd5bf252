"""The only place that takes the root's rules (what is ignored, attributes) into the application, and proves that nothing
that was ignored will not be."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.errors import Conflict
from calcifer.kit.git import conditions, relocation, rules
from calcifer.kit.git.founding import init
from calcifer.kit.git.names import visible
from calcifer.kit.git.program import run
from calcifer.kit.git.statuses import Status
from calcifer.services import ignoring
from calcifer.services.layouts.wishes import Places

IGNORE, ATTRIBUTES = ".gitignore", ".gitattributes"
FILES = (IGNORE, ATTRIBUTES)
REMARK = b"# From the repository that this one lay in."
AFTER = b"# Ignored where this repository lay before."
_MOST = 5


@dataclass(frozen=True)
class Rules:
    """Lines that go into the application: in front of its own where it has some, `extra` ones behind them."""

    ignore: tuple[bytes, ...] = ()
    attributes: tuple[bytes, ...] = ()
    extra: tuple[bytes, ...] = ()
    exclude: bytes = b""
    """What `.git/info/exclude` will say, which is never committed."""
    info_attributes: bytes = b""

    def applied(self, name: str, content: bytes) -> bytes:
        """Return what a file called `name` with `content` will say; the same for one that says it already."""
        lines, extra = (self.ignore, self.extra) if name == IGNORE else (self.attributes, ())
        end = b"\r\n" if b"\r\n" in content else b"\n"
        front = rules.block(list(lines), REMARK, content)
        back = b"".join(line + end for line in [AFTER, *extra]) if extra else b""
        if not content.startswith(front.rstrip()):
            content = front + content
        if not content.endswith(back):
            content += (b"" if not content or content.endswith(b"\n") else end) + back
        return content


def ruled(root: Path, places: Places, status: Status) -> Rules:
    """Return the rules that the application needs so that git sees in it what it sees in the root.

    Raises Conflict where a file that could be committed before would be ignored after.
    """
    of = places.of_rules
    made = Rules(
        ignore=tuple(rules.ignore_rules(_read(root / IGNORE), of)),
        attributes=tuple(rules.attribute_rules(_read(root / ATTRIBUTES), of)),
        exclude=_joined(rules.ignore_rules(_read(root / ".git/info/exclude"), of)),
        info_attributes=_joined(rules.attribute_rules(_read(root / ".git/info/attributes"), of)),
    )
    there = status.moved(places.place)
    found = _ignored(root, places, made, there)
    escaped = sorted(there.ignored - found.keys())
    if escaped:
        made = Rules(made.ignore, made.attributes, tuple(map(_rule, escaped)), made.exclude, made.info_attributes)
        found = _ignored(root, places, made, there)
    _refuse_hidden(places, there, found)
    left = sorted(there.ignored - found.keys())
    if left:
        raise Conflict(
            f"{visible(left[0])} is ignored now and would not be in a repository of its own: a rule in {places.app} says so.",
            mend=f"Look for it: git check-ignore --verbose --non-matching {left[0]!r}",
        )
    return made


def _rule(path: str) -> bytes:
    return ignoring.rule(path.encode("utf-8", "surrogateescape"))


def _refuse_hidden(places: Places, there: Status, found: dict[str, str]) -> None:
    hidden = sorted(there.untracked & found.keys())
    if hidden:
        names = ", ".join(map(visible, hidden[:_MOST]))
        raise Conflict(
            f"In {places.app}, git would ignore what it does not ignore now: {names}, by {visible(found[hidden[0]])}.",
            mend="Commit these files, or change that rule first.",
        )


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""


def _joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def _ignored(root: Path, places: Places, made: Rules, there: Status) -> dict[str, str]:
    """Ask git, in a skeleton of the new repository: its rules and its folders, and none of its files."""
    asked = {path: path.rstrip("/") for path in there.ignored | there.untracked}
    with tempfile.TemporaryDirectory(prefix="calcifer-") as scratch:
        skeleton = Path(scratch) / "skeleton"
        init(skeleton)
        for path in asked:
            (skeleton / path if path.endswith("/") else (skeleton / path).parent).mkdir(parents=True, exist_ok=True)
        for path in relocation.rule_files(root, IGNORE):
            if place := places.place(path):
                (skeleton / place).parent.mkdir(parents=True, exist_ok=True)
                (skeleton / place).write_bytes(_read(root / path))
        (skeleton / IGNORE).write_bytes(made.applied(IGNORE, _read(root / places.app / IGNORE)))
        (skeleton / ".git" / "info" / "exclude").write_bytes(made.exclude)
        for key, value in conditions.kept(conditions.configuration(root)):
            if key in ("core.excludesfile", "core.ignorecase"):
                run("config", "--add", key, value, cwd=skeleton)
        found = relocation.ignored_there(skeleton, sorted(asked.values()))
    return {path: found[name] for path, name in asked.items() if name in found}

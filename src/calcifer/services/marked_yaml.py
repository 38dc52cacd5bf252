"""The only place that reads YAML of people: values with the place of each, or what is wrong and where; never an exception.

Built on the parser's events and not on a loader, for three reasons: places are kept, every limit holds while reading (an alias
bomb costs what it says, not what it means), and plain values are read as compose and editors read them (YAML 1.2: `yes` is a
text, `22:22` is no number), where PyYAML's own loader follows YAML 1.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import yaml

MAX_BYTES = 1_000_000
MAX_NODES = 20_000
"""What a file may expand to, each alias counted as what it stands for."""
MAX_DEPTH = 60
_CACHED_BYTES = 65_536


class Place(NamedTuple):
    """Where something stands: path in the repository, line and column from 1."""

    path: str
    line: int = 1
    column: int = 1


class Problem(NamedTuple):
    """What is wrong in a file, as a sentence."""

    path: str
    line: int
    column: int
    sentence: str

    def __str__(self) -> str:
        """Say it as a person reads it."""
        return f"{self.path}, line {self.line}, column {self.column}: {self.sentence}"


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value and its place; a mapping holds nodes by key, a sequence a tuple of nodes, a scalar a plain value."""

    value: "dict[str, Node] | tuple[Node, ...] | str | int | float | bool | None"
    place: Place
    key_place: Place | None = None
    """Where its key stands, in a mapping."""
    tag: str | None = None
    """A tag that YAML itself does not define, such as `!reset`."""
    size: int = 1

    @property
    def mapping(self) -> "dict[str, Node]":
        """Its entries; none where it is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "tuple[Node, ...]":
        """Its elements; none where it is no sequence."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def text(self) -> str | None:
        """A scalar as it would be written, None for nothing and for what is no scalar."""
        if self.value is None or isinstance(self.value, dict | tuple):
            return None
        return str(self.value).lower() if isinstance(self.value, bool) else str(self.value)

    def problem(self, sentence: str) -> Problem:
        """Say what is wrong here."""
        return Problem(*(self.key_place or self.place), sentence)

    def at(self, path: "list[str | int]") -> "Node":
        """Return the node that a path of keys and indices leads to, as far as it leads."""
        node = self
        for step in path:
            found = (
                node.items[step : step + 1] if isinstance(step, int) else tuple(filter(None, [node.mapping.get(step)]))
            )
            if not found:
                break
            node = found[0]
        return node

    def holding(self, value: "dict[str, Node] | tuple[Node, ...]") -> "Node":
        """Return a node at the same place that holds something else."""
        inner = value.values() if isinstance(value, dict) else value
        return Node(value, self.place, self.key_place, self.tag, 1 + sum(node.size for node in inner))

    def plain(self) -> Any:
        """Return it as dict, list and plain values. (Any: what YAML holds is for a schema to say.)"""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value


class Wrong(Exception):
    """A file that cannot be read; it carries the problem."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


def parse(content: bytes, path: str) -> Node | Problem:
    """Return the first document of a YAML file (an empty one is None), or what is wrong with it."""
    return _cached(content, path) if len(content) <= _CACHED_BYTES else _parse(content, path)


def _parse(content: bytes, path: str) -> Node | Problem:
    if len(content) > MAX_BYTES:
        return Problem(path, 1, 1, f"The file has more than {MAX_BYTES:,} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Problem(path, content[: error.start].count(b"\n") + 1, 1, "The file is not UTF-8 text.")
    try:
        return _Reader(path).read(text)
    except Wrong as wrong:
        return wrong.problem
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(str(part) for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(path, line, column, f"This is no YAML: {what}.")
    except yaml.YAMLError as error:  # a character that no YAML may have
        position = getattr(error, "position", 0)
        return Problem(path, text.count("\n", 0, position) + 1, 1, "The file has characters that YAML does not allow.")


_cached = lru_cache(maxsize=512)(_parse)
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_BASED = re.compile(r"(?:0x[0-9a-fA-F]+|0o?[0-7]+|0b[01]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def plain_value(text: str) -> str | int | float | bool | None:
    """Return what an unquoted scalar means: YAML 1.2's core schema, and octal numbers as YAML 1.1 wrote them."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > 40:
        return text
    if _INT.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text[2:], {"x": 16, "o": 8, "b": 2}[text[1]]) if text[1] in "xob" else int(text, 8)
    if _FLOAT.match(text) or _INFINITE.match(text):
        return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf"))
    return float("nan") if text in {".nan", ".NaN", ".NAN"} else text


@dataclass
class _Open:
    """A mapping or sequence that is still being read."""

    place: Place
    tag: str | None
    anchor: str | None
    is_mapping: bool
    nodes: list[Node] = field(default_factory=list)


class _Reader:
    """Reads one document; every limit is checked as events come in."""

    def __init__(self, path: str) -> None:
        """Begin."""
        self._path = path
        self._anchors: dict[str, Node | None] = {}
        self._stack: list[_Open] = []
        self._size = 0
        self._place = Place(path)

    def read(self, text: str) -> Node:
        """Return the document."""
        done: Node | None = None
        for event in self._events(text):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            node = self._node(event)
            if node is None:
                continue
            if self._stack:
                self._stack[-1].nodes.append(node)
            else:
                done = node
        return done or Node(None, Place(self._path))

    def _events(self, text: str) -> Iterator[yaml.Event]:
        for event in yaml.parse(text, Loader=_Loader):
            mark = event.start_mark
            self._place = Place(self._path, mark.line + 1, mark.column + 1) if mark else Place(self._path)
            yield event

    def _node(self, event: yaml.Event) -> Node | None:
        if isinstance(event, yaml.ScalarEvent):
            self._count(1)
            return self._named(event.anchor, Node(self._scalar(event), self._place, tag=_own_tag(event.tag)))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event.anchor or "")
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._count(1)
            if len(self._stack) >= MAX_DEPTH:
                raise self._wrong(f"This is nested deeper than {MAX_DEPTH} levels.")
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            self._stack.append(_Open(self._place, _own_tag(event.tag), event.anchor, is_mapping))
            if event.anchor:
                self._anchors[event.anchor] = None
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            return self._close(self._stack.pop())
        return None

    def _close(self, opened: _Open) -> Node:
        value = self._entries(opened.nodes) if opened.is_mapping else tuple(opened.nodes)
        return self._named(opened.anchor, Node(None, opened.place, tag=opened.tag).holding(value))

    def _entries(self, nodes: list[Node]) -> dict[str, Node]:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, node in zip(nodes[::2], nodes[1::2], strict=True):
            if isinstance(key.value, dict | tuple):
                raise Wrong(Problem(*key.place, "A key is a text, no list and no mapping."))
            name = key.text or ""
            if name == "<<":
                self._merge(node, merged)
                continue
            if name in own:
                raise Wrong(Problem(*key.place, f"The key '{shown(name)}' stands here twice."))
            own[name] = Node(node.value, node.place, key.place, node.tag, node.size)
        return {**{name: node for name, node in merged.items() if name not in own}, **own} if merged else own

    def _merge(self, node: Node, merged: dict[str, Node]) -> None:
        sources = node.items if isinstance(node.value, tuple) else (node,)
        for source in sources:
            if not isinstance(source.value, dict):
                raise Wrong(Problem(*node.place, "'<<' takes a mapping, or a list of mappings."))
            for name, entry in source.mapping.items():
                merged.setdefault(name, entry)

    def _alias(self, name: str) -> Node:
        known = self._anchors.get(name)
        if known is None:
            inside = name in self._anchors
            raise self._wrong(
                f"The alias '*{shown(name)}' {'stands for itself' if inside else 'has no anchor before it'}."
            )
        self._count(known.size)
        return Node(known.value, self._place, tag=known.tag, size=known.size)

    def _named(self, anchor: str | None, node: Node) -> Node:
        if anchor:
            self._anchors[anchor] = node
        return node

    def _scalar(self, event: yaml.ScalarEvent) -> str | int | float | bool | None:
        tag = event.tag or ""
        if tag == "tag:yaml.org,2002:str" or (not event.implicit[0] and not tag.startswith("!")):
            return str(event.value) if tag in {"", "tag:yaml.org,2002:str"} else plain_value(event.value)
        return plain_value(event.value) if not event.style else str(event.value)

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > MAX_NODES:
            raise self._wrong(f"The file expands to more than {MAX_NODES:,} values.")

    def _wrong(self, sentence: str) -> Wrong:
        return Wrong(Problem(*self._place, sentence))


def _own_tag(tag: str | None) -> str | None:
    return tag if tag and tag.startswith("!") and tag != "!" else None


def shown(text: str, most: int = 60) -> str:
    """Return a text of somebody else as a sentence can carry it: short, on one line."""
    flat = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: most + 1])
    return flat if len(flat) <= most else flat[: most - 1] + "…"

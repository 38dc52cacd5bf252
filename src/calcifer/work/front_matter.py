"""The only place that writes the YAML of an item's file: what PyYAML writes of it, letter by letter, in a quarter of the time.

Straight as the events that libyaml writes, without the nodes that PyYAML makes first, each of which goes through its resolver.
"""

import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import yaml

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_BEGIN = (yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False))
_END = (yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent())
_MAPPING = yaml.MappingStartEvent(None, None, implicit=True, flow_style=False)
_MAPPING_END = yaml.MappingEndEvent()
_LIST = yaml.SequenceStartEvent(None, None, implicit=True, flow_style=False)
_LIST_END = yaml.SequenceEndEvent()
_KEPT = 1024
_LONGEST_KEPT = 200


def dump(values: Mapping[str, Any]) -> str:
    """Write a mapping of texts, numbers, truth values, lists and mappings, in the order that it has."""
    out = io.StringIO()
    dumper = _Dumper(out, allow_unicode=True, width=120)
    try:
        for begins in _BEGIN:
            dumper.emit(begins)
        _write(dumper.emit, values)
        for ends in _END:
            dumper.emit(ends)
    finally:
        dumper.dispose()
    return out.getvalue()


def _write(emit: Callable[[yaml.Event], None], value: Any) -> None:
    if isinstance(value, str):
        emit(_kept(value) if len(value) <= _LONGEST_KEPT else _text(value))
    elif isinstance(value, dict):
        emit(_MAPPING)
        for name, one in value.items():
            emit(_kept(name))
            _write(emit, one)
        emit(_MAPPING_END)
    elif isinstance(value, list):
        emit(_LIST)
        for one in value:
            _write(emit, one)
        emit(_LIST_END)
    else:
        word = str(value).lower() if isinstance(value, bool) else str(int(value))
        emit(yaml.ScalarEvent(None, None, (True, False), word))


def _text(value: str) -> yaml.ScalarEvent:
    """A text may stand without quotes where nobody would take it for something else than a text."""
    return yaml.ScalarEvent(None, None, (not _is_something_else(value), True), value)


_kept = lru_cache(maxsize=_KEPT)(_text)
"""The same words come again in every file: keys, names, rules and what these say."""


def _is_something_else(value: str) -> bool:
    resolvers = yaml.SafeDumper.yaml_implicit_resolvers
    return any(pattern.match(value) for key in (value[:1], None) for _, pattern in resolvers.get(key, ()))

"""The only place that reads what a service is meant to be: `.calcifer/service.yaml`, else `catalog-info.yaml`, else its README."""

import difflib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from calcifer.services import backstage
from calcifer.services.intent import Descriptor
from calcifer.services.marked_yaml import Node, Problem, parse, shown
from calcifer.services.readme import introduction

Read = Callable[[str], bytes | None]

PATH = ".calcifer/service.yaml"
MOST_NOTES = 20


@dataclass(frozen=True)
class Seen:
    """What was found: the source, and a descriptor or what is wrong with it; notes are about what was left aside."""

    source: str
    """`service.yaml`, `catalog-info.yaml` or `derived`."""
    descriptor: Descriptor | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def error(self) -> str | None:
        """The first problem as a sentence with its place."""
        return shown(str(self.problems[0]), 500) if self.problems else None


def read_descriptor(read: Read, *, name: str) -> Seen:
    """Read the descriptor of the service `name` by `read`, which gives a file of the repository or None.

    What a descriptor does not say (title, description) is derived; a broken one gives its problems and no descriptor.
    """
    content = read(PATH)
    if content is not None:
        seen = parsed(content)
    else:
        other = next((path for path in backstage.NAMES if read(path) is not None), None)
        seen = _of_backstage(read(other) or b"", other) if other else Seen("derived", Descriptor())
    if seen.descriptor is None:
        return seen
    return Seen(seen.source, _completed(seen.descriptor, read, name), seen.problems, seen.notes)


def derived(read: Read, *, name: str) -> Descriptor:
    """Return what can be said of the service `name` without a descriptor."""
    return _completed(Descriptor(), read, name)


def parsed(content: bytes, path: str = PATH) -> Seen:
    """Read the text of a `service.yaml`, and nothing beside it."""
    node = parse(content, path)
    if isinstance(node, Problem):
        return Seen("service.yaml", None, (node,))
    if node.value is None:
        return Seen("service.yaml", Descriptor())
    if not isinstance(node.value, dict):
        return Seen(
            "service.yaml", None, (Problem(path, 1, 1, "A descriptor is a mapping, such as `title: Web proxy`."),)
        )
    return _validated("service.yaml", node)


def _of_backstage(content: bytes, path: str) -> Seen:
    node = parse(content, path)
    if isinstance(node, Problem):
        return Seen("catalog-info.yaml", None, (node,))
    translated = backstage.translated(node)
    if isinstance(translated, Problem):
        return Seen("catalog-info.yaml", None, (translated,))
    return _validated("catalog-info.yaml", translated)


def _validated(source: str, node: Node) -> Seen:
    given = {key: entry for key, entry in node.mapping.items() if entry.value is not None}  # `owner:` says nothing
    try:
        descriptor = Descriptor.model_validate({key: entry.plain() for key, entry in given.items()})
    except ValidationError as invalid:
        found = sorted({_problem(node, error) for error in invalid.errors(include_url=False)})
        return Seen(source, None, tuple(found[:MOST_NOTES]))
    notes = tuple(_unknown(node.holding(given), descriptor))[:MOST_NOTES] if source == "service.yaml" else ()
    return Seen(source, descriptor, (), notes)


def _problem(node: Node, error: ErrorDetails) -> Problem:
    place = node.at(list(error["loc"]))
    where = shown(".".join(str(step) for step in error["loc"]), 100)
    return place.problem(f"{where} {_what(error)}")


_WHAT: dict[str, str] = {
    "missing": "is missing.",
    "list_type": "is a list.",
    "model_type": "is a mapping.",
    "dict_type": "is a mapping.",
    "string_too_short": "is empty.",
    "int_type": "is a number.",
    "greater_than_equal": "is a status of HTTP, between 100 and 599.",
    "less_than_equal": "is a status of HTTP, between 100 and 599.",
}
_PATTERNS = {
    "url": "is an address that begins with https:// or http://.",
    "depends_on": "is no name of a service: use lower-case letters, digits, '.', '_' or '-'.",
    "description": "has characters that no text has.",
    "pre_deploy": "has characters that no text has.",
    "post_deploy": "has characters that no text has.",
    "verify": "has characters that no text has.",
    "kind": "is a word in lower case.",
    "lifecycle": "is a word in lower case.",
    "name": "is a word in lower case.",
    "target": "is the name of a target, a word in lower case.",
    "image": "is the name of an image without its tag, such as nginx or ghcr.io/example/*.",
    "match": "is a pattern such as 1.27.* or a range such as >=1.25 <2.",
}


def _what(error: ErrorDetails) -> str:
    context = error.get("ctx") or {}
    match error["type"]:
        case "string_type":
            said = "is a text." if isinstance(error["input"], dict | list) else "is a text: put it into quotes."
        case "literal_error":
            said = f"is {context['expected']}, not {_value(error['input'])}."
        case "string_too_long":
            said = f"has more than {context['max_length']} characters."
        case "too_long":
            said = f"has more than {context['max_length']} entries."
        case "string_pattern_mismatch":
            said = _form([step for step in error["loc"] if isinstance(step, str)])
        case kind:
            said = _WHAT.get(kind, f"cannot be {_value(error['input'])}.")
    return said


def _form(keys: list[str]) -> str:
    if keys[0] == "endpoints" and keys[-1] == "url":
        return "is an address such as https://example.org/ or tcp://example.org:5432."
    return _PATTERNS.get(keys[-1], "is one line of text.")


def _value(value: object) -> str:
    return f"'{shown(str(value))}'" if isinstance(value, str | int | float) else "this"


def _unknown(node: Node, part: Any) -> Iterator[str]:
    # Any: a model, a list of models, or a plain value.
    extra = getattr(part, "model_extra", None) or {}
    for key, entry in node.mapping.items():
        if key in extra and not key.startswith("x-"):
            close = difflib.get_close_matches(key[:40], type(part).model_fields, 1)
            meant = f" Is {close[0]} meant?" if close else ""
            place = entry.key_place or entry.place
            yield f"{place.path}, line {place.line}, column {place.column}: '{shown(key)}' is kept, and means nothing here.{meant}"
        elif isinstance(entry.value, tuple):
            for inner, value in zip(entry.value, getattr(part, key, ()), strict=False):
                yield from _unknown(inner, value)


def _completed(descriptor: Descriptor, read: Read, name: str) -> Descriptor:
    if descriptor.title and descriptor.description:
        return descriptor
    title, description = introduction(read)
    more = {"title": descriptor.title or title or name, "description": descriptor.description or description}
    return descriptor.model_copy(update=more)


def new_text(title: str | None = None, *, kind: str = "application", lifecycle: str = "production") -> str:
    """Return the text of a fresh descriptor, with what else it could say as comments; without a title the README's counts."""
    called = json.dumps(shown(title, 200), ensure_ascii=False) if title else "Web proxy"
    return f"""\
# What this service is meant to be. What its files say already (images, ports, volumes) is read from them.
{"" if title else "# "}title: {called}
# description: What it is for, in a sentence or two; the first paragraph of the README without it.
kind: {kind} # or infrastructure, network …
# owner: ada
lifecycle: {lifecycle} # or experimental, deprecated, retired
# depends_on: [database]
# links:
#   - title: Dashboard
#     url: https://example.org/
# updates:
#   - image: "*"
#     allow: minor # how far updates may go: none, digest, patch, minor, major
#     automatic: patch # how far they go by themselves, where the rules let them through
# policy: solo # which rules a change must pass: solo, team or strict
# verify: docker compose config --quiet # a command that proves a change
"""

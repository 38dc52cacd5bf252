"""The only place that says whether compose files are valid: the specification's schema, then whether what they name is there.

The schema is the one that the compose specification publishes; the package check-jsonschema carries it, kept up to date there
(docs/decisions/0002-compose-schema.md). Only the file is used: neither its code nor the network.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calcifer.services import compose
from calcifer.services.compose_merge import settled
from calcifer.services.compose_references import references
from calcifer.services.marked_yaml import Node, Problem, shown

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

Read = Callable[[str], bytes | None]
MOST = 50
_SCHEMA = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}
_PYTHON_TYPES = {
    bool: "true or false",
    dict: "a mapping",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "a text",
}


def problems(read: Read) -> list[Problem]:
    """Return what is wrong with the compose files of a repository, which `read` gives; an empty list: valid, or none there."""
    project = compose.load(read)
    if project is None:
        return []
    found = dict.fromkeys(project.problems)
    for document in project.documents:
        found.update(dict.fromkeys(against_schema(document)))
    if not found:  # what is malformed refers to nothing
        found.update(dict.fromkeys(references(project)))
    return sorted(found)[:MOST]


def malformed(content: bytes, path: str) -> list[Problem]:
    """Return why one file, looked at alone, is no compose file; what it names may still be to come."""
    project = compose.load_files({path: content}.get, [path])
    if not project.documents:
        return list(project.problems)
    return sorted(dict.fromkeys(against_schema(project.documents[0])))[:MOST]


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON schema of the compose specification."""
    path = Path(str(distribution("check-jsonschema").locate_file(_SCHEMA)))
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


@cache
def _validator() -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415  (a tenth of a second that no start should wait for)

    return Draft202012Validator(schema())


def against_schema(document: Node) -> Iterator[Problem]:
    """Yield what the schema refuses in one file; a value with a variable in it is taken as it is."""
    document = settled(document)
    for count, error in enumerate(_validator().iter_errors(document.plain())):
        if count >= MOST:
            return
        cause = _cause(error)
        path = list(cause.absolute_path)
        unknown = _unknown(cause)
        if unknown is not None:
            yield from (document.at([*path, key]).problem(_no_key(key, cause)) for key in unknown)
        elif not (isinstance(cause.instance, str) and "$" in cause.instance):
            yield document.at(path).problem(_sentence(cause))


def _cause(error: "ValidationError") -> "ValidationError":
    """Return the error inside a choice of forms that is about the form which was meant: that goes deepest."""
    while error.context:
        inner = [cause for cause in error.context if len(cause.absolute_path) > len(error.absolute_path)]
        inner += [cause for cause in error.context if cause.validator != "type" and cause not in inner]
        if not inner:
            break
        error = inner[0]
    return error


def _unknown(error: "ValidationError") -> list[str] | None:
    """Return the keys that an error is about, or None where it is about something else."""
    if error.validator not in {"additionalProperties", "unevaluatedProperties"} or not isinstance(error.instance, dict):
        return None
    known = _keys(_part(error))
    patterns = _part(error).get("patternProperties", {})
    return [
        key for key in error.instance if key not in known and not any(re.search(p, key) for p in ("^x-", *patterns))
    ]


def _part(error: "ValidationError") -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _keys(part: Mapping[str, Any]) -> set[str]:
    """Return the keys that a part of the schema knows, with those of the parts that it takes in whole."""
    found = set(part.get("properties", {}))
    for other in part.get("allOf", []):
        name = other.get("$ref", "").rpartition("/")[2]
        found |= _keys(schema()["$defs"].get(name, {}))
    return found


def _no_key(key: str, error: "ValidationError") -> str:
    known = _keys(_part(error))
    if not known:
        return f"'{shown(key)}' is no name: use letters, digits, '.', '_' and '-'."
    close = difflib.get_close_matches(key[:60], known, 1)
    where = ".".join(str(step) for step in error.absolute_path) or "a compose file"
    return f"{shown(where)} has no key '{shown(key)}'{f': is {close[0]} meant?' if close else '.'}"


def _sentence(error: "ValidationError") -> str:
    where = shown(".".join(str(step) for step in error.absolute_path) or "The file", 120)
    value = _value(error.instance)
    wants = _wants(error)
    if error.validator == "required" and isinstance(error.instance, dict):
        missing = [key for key in wants if key not in error.instance]
        return f"{where} needs the key '{missing[0] if missing else '?'}'."
    if error.validator == "enum":
        return f"{where} is one of {', '.join(wants)}, not {value}."
    wanted = _wanted(error)
    if wanted:
        return f"{where} is {' or '.join(wanted)}, not {value}."
    if error.validator == "uniqueItems":
        return f"{where} has an entry twice."
    return f"{where} cannot be {value}."


def _wants(error: "ValidationError") -> list[str]:
    """Return the words of a `type`, `enum` or `required`."""
    value = error.validator_value
    return [value] if isinstance(value, str) else [str(word) for word in value] if isinstance(value, list) else []


def _wanted(error: "ValidationError") -> list[str]:
    types = [word for cause in (error, *(error.context or ())) if cause.validator == "type" for word in _wants(cause)]
    return [_TYPES[word] for word in dict.fromkeys(types)]


def _value(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return f"'{shown(str(value))}'"
    return _PYTHON_TYPES.get(type(value), "this")

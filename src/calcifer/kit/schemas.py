"""The only place for types of input that every schema uses, and for turning a failed validation into `Invalid`."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, StringConstraints, ValidationError

from calcifer.kit.errors import Invalid

LINE_CHARACTERS = 200
TEXT_CHARACTERS = 50_000
# C0 and C1 controls but tab and line feed; bidirectional overrides, which make a text read otherwise than it is.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def _line(value: str) -> str:
    if _CONTROL.search(value) or "\n" in value or "\t" in value or _SURROGATE.search(value):
        message = "Use one line without control characters."
        raise ValueError(message)
    return value


def _text(value: str) -> str:
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(value) or _SURROGATE.search(value):
        message = "Use text without control characters."
        raise ValueError(message)
    return value.strip("\n").rstrip()


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LINE_CHARACTERS), AfterValidator(_line)
]
"""One line of text that says something."""
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS), AfterValidator(_text)]
"""Any number of lines, line feeds only; may be empty."""
Said = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEXT_CHARACTERS), AfterValidator(_text)
]
"""Lines of text, not empty."""


def judged(check: Callable[[str], str]) -> AfterValidator:
    """Let a function judge a field that returns the value as it counts, or raises Invalid."""

    def judge(value: str) -> str:
        try:
            return check(value)
        except Invalid as error:
            raise ValueError(next(iter(error.fields.values()), error.message)) from None

    return AfterValidator(judge)


Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], /, **values: object) -> Model:
    """Make a schema from what a form or a command line gave; raises Invalid with a sentence per field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> Invalid:
    """Turn pydantic's findings into sentences by field."""
    fields = {}
    for found in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in found["loc"]) or "input"
        fields[name] = sentence(found["type"], found["msg"], found.get("ctx", {}))
    what = " ".join(f"{name}: {sentence}" for name, sentence in fields.items())
    return Invalid(what, fields=fields)


SENTENCES = {
    "missing": "This is needed.",
    "string_too_short": "At least {min_length} characters.",
    "string_too_long": "At most {max_length} characters.",
    "too_long": "At most {max_length}.",
    "int_parsing": "This is a whole number.",
    "int_type": "This is a whole number.",
    "int_from_float": "This is a whole number.",
    "string_type": "This is a text.",
    "list_type": "This is a list.",
    "dict_type": "This is a JSON object, with names and values.",
    "model_attributes_type": "This is a JSON object, with names and values.",
    "model_type": "This is a JSON object, with names and values.",
    "string_pattern_mismatch": "This has another form: {pattern}.",
    "datetime_from_date_parsing": "This is a date and a time, as 2026-01-31T12:00:00Z.",
    "datetime_parsing": "This is a date and a time, as 2026-01-31T12:00:00Z.",
    "timezone_aware": "This needs a time zone, as in 2026-01-31T12:00:00Z.",
    "datetime_type": "This is a date and a time, as 2026-01-31T12:00:00Z.",
    "too_short": "At least {min_length}.",
    "greater_than": "More than {gt}.",
    "less_than": "Less than {lt}.",
    "string_unicode": "This is no valid Unicode.",
    "bool_parsing": "This is yes or no.",
    "bool_type": "This is yes or no.",
    "literal_error": "This is one of {expected}.",
    "enum": "This is one of {expected}.",
    "greater_than_equal": "At least {ge}.",
    "less_than_equal": "At most {le}.",
    "extra_forbidden": "There is no such field.",
    "json_invalid": "This is not JSON: {error}.",
}


_WORDS: dict[str, str] = {}


def worded(pattern: str, words: str) -> str:
    """Return `pattern`, of which `words` are said to a person whose text does not match it."""
    _WORDS[pattern] = words
    return pattern


def sentence(kind: str, message: str, context: Mapping[str, object]) -> str:
    """Put one of pydantic's findings into words."""
    if kind == "string_pattern_mismatch" and (words := _WORDS.get(str(context.get("pattern")))):
        return words
    if kind == "string_too_short" and context.get("min_length") == 1:
        kind = "missing"
    if kind in SENTENCES:
        return SENTENCES[kind].format_map(context)
    if kind != "value_error":  # the words of the library are about its own terms
        return "This cannot be used here."
    message = message.removeprefix("Value error, ")
    return message if message.endswith(".") else message + "."

"""The only place for types of input that every schema uses, and for turning a failed validation into `Invalid`."""

import re
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
        fields[name] = _sentence(found["type"], found["msg"], found.get("ctx", {}))
    what = " ".join(f"{name}: {sentence}" for name, sentence in fields.items())
    return Invalid(what, fields=fields)


def _sentence(kind: str, message: str, context: dict[str, object]) -> str:
    if kind == "missing" or (kind == "string_too_short" and context.get("min_length") == 1):
        return "This is needed."
    if kind == "string_too_long":
        return f"At most {context['max_length']} characters."
    message = message.removeprefix("Value error, ")
    return message if message.endswith(".") else message + "."

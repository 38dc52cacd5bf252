"""What the validating library finds becomes sentences."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field

from calcifer.kit.errors import Invalid
from calcifer.kit.schemas import Line, checked


class Part(BaseModel):
    """A part of the whole."""

    name: Line


class Whole(BaseModel):
    """One field of each kind."""

    number: int = Field(1, ge=1, lt=10)
    word: str = "a"
    code: Annotated[str, Field(pattern="^[a-z]+$")] = "a"
    choice: Literal["one", "two"] = "one"
    words: list[str] = Field([], max_length=2)
    flag: bool = False
    part: Part | None = None
    at: AwareDatetime | None = None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("number", "x", "This is a whole number."),
        ("number", 1.5, "This is a whole number."),
        ("number", 0, "At least 1."),
        ("number", 10, "Less than 10."),
        ("word", 1, "This is a text."),
        ("code", "A1", "This has another form: ^[a-z]+$."),
        ("choice", "three", "This is one of 'one' or 'two'."),
        ("words", "a", "This is a list."),
        ("words", ["a", "b", "c"], "At most 2."),
        ("flag", "perhaps", "This is yes or no."),
        ("part", "a", "This is a JSON object, with names and values."),
        ("at", "tomorrow", "This is a date and a time, as 2026-01-31T12:00:00Z."),
        ("at", "2026-01-31T12:00:00", "This needs a time zone, as in 2026-01-31T12:00:00Z."),
    ],
)
def test_no_word_is_the_library_s(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(Invalid) as raised:
        checked(Whole, **{field: value})
    assert raised.value.fields == {field: sentence}

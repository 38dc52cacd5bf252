"""The only place for the five kinds of error that every edge knows how to show.

::

    CalciferError
    ├── NotFound       404   exit 3   there is no such thing (or it is not for you to know)
    ├── Forbidden      403   exit 4   you may not
    ├── Invalid        422   exit 2   what was sent cannot be used; `fields` says which part and why
    ├── Conflict       409   exit 5   it could be used, but not in the present state
    └── Unavailable    503   exit 6   something outside did not answer; the same again may work

A subclass is named by the sentence that is true (`ChecklistOpen`). The message is for a person: what is wrong, then what to do.
"""

from calcifer.kit.legible import legible


class CalciferError(Exception):
    """Base of every error that a person is told about; the message is one or more whole sentences."""

    def __init__(self, message: str, *, mend: str | None = None) -> None:
        """Keep `message` and, where there is one, `mend`: the command or step that resolves it."""
        self.message = legible(message)  # it may name files whose names are no text
        super().__init__(self.message)
        self.mend = None if mend is None else legible(mend)


class NotFound(CalciferError):
    """There is no such thing."""


class Forbidden(CalciferError):
    """The actor may not do this."""


class Invalid(CalciferError):
    """The input cannot be used; `fields` maps the name of a field to the sentence about it."""

    def __init__(self, message: str, *, fields: dict[str, str] | None = None, mend: str | None = None) -> None:
        """Keep the sentence of each field beside the whole."""
        super().__init__(message, mend=mend)
        self.fields = fields or {}

    @classmethod
    def field(cls, name: str, sentence: str) -> "Invalid":
        """Make the error for one field."""
        return cls(sentence, fields={name: sentence})


class Conflict(CalciferError):
    """The request is fine, the present state does not allow it."""


class Unavailable(CalciferError):
    """Something that is needed did not answer, or is held by somebody else."""

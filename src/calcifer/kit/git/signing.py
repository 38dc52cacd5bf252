"""The only place that decides who can sign a commit: git strips and refuses characters, and a name has to be left."""

from datetime import datetime

import pygit2

from calcifer.kit.errors import Invalid
from calcifer.kit.git.objects import Person

# What git takes away around a name and a mail address (crud() in its ident.c), besides spaces and controls.
_STRIPPED = " .,:;<>\"\\'"


def signature(person: Person, at: datetime | None = None) -> pygit2.Signature:
    """Return what signs a commit; raises Invalid where git would not take it."""
    if why := _fault("name", person.name) or _fault("mail address", person.mail):
        raise _cannot_sign(person, why)
    try:
        return pygit2.Signature(person.name, person.mail, int(at.timestamp()) if at else 0, 0, "utf-8")
    except (ValueError, pygit2.GitError) as error:  # an encoding error is a ValueError
        raise _cannot_sign(person, "git does not take it.") from error


def checked_name(name: str) -> str:
    """Return the name if commits can be signed with it; raises Invalid with a sentence about the name alone."""
    if why := _fault("name", name):
        raise Invalid.field("name", f"This cannot sign a commit: {why}")
    signature(Person(name, "somebody@example.org"))
    return name


def _cannot_sign(person: Person, why: str) -> Invalid:
    return Invalid(
        f"'{person.name} <{person.mail}>' cannot sign a commit: {why}",
        mend="Change the name and the mail address that sign your commits, then do this again.",
    )


def _fault(what: str, text: str) -> str:
    if any(mark in text for mark in "<>\n\0"):
        return f"git allows neither '<' nor '>' nor a line break in a {what}."
    if not text.strip(_STRIPPED):
        return f"git leaves out punctuation at both ends of a {what}, and nothing of this one would be left."
    return ""

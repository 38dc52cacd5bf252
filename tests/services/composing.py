"""Repositories that are a few compose files, as functions that read a file."""

from collections.abc import Callable

from calcifer.services.facts import Container, problems, read_facts

Read = Callable[[str], bytes | None]


def files(**contents: str) -> Read:
    """A repository with these files; `__` in a name is a dot, a leading `at_` a folder."""
    named = {name.replace("__", ".").replace("at_", "at/"): text.encode() for name, text in contents.items()}
    return named.get


def compose(text: str) -> Read:
    """A repository with this compose file."""
    return files(compose__yaml=text)


def container(text: str) -> Container:
    """The facts of the service `web`, whose body is given."""
    return read_facts(compose("services:\n  web:\n" + text)).containers["web"]


def sentences(read: Read) -> list[str]:
    """What is wrong, as text."""
    return [str(problem) for problem in problems(read)]

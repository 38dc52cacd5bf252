"""The only place that talks to a terminal: what commands take, print and exit with.

Results go to standard output, everything else to standard error. Without a terminal there is no colour and no frame: tables are
lines with tabs. What comes from repositories is shown without control characters, which could rewrite the screen.
"""

import dataclasses
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calcifer.kit.errors import CalciferError, Conflict, Forbidden, Invalid, NotFound, Unavailable

if TYPE_CHECKING:  # `calcifer --help` costs no database
    from calcifer.kit.uow import Actor, UnitOfWork, Units
    from calcifer.kit.workflows import JobRow, Jobs

EXIT_CODES: dict[type[CalciferError], int] = {Invalid: 2, NotFound: 3, Forbidden: 4, Conflict: 5, Unavailable: 6}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
TokenFrom = Annotated[
    str | None, typer.Option("--token-from", metavar="VARIABLE", help="The environment variable that holds the token.")
]
AskToken = Annotated[bool, typer.Option("--ask-token", help="Ask for the token; what is typed is not shown.")]
Columns = Mapping[str, str | Callable[[Any], object]]
"""Heading → attribute, or what to compute of a row."""


@dataclasses.dataclass(frozen=True)
class Here:
    """The workspace that commands work on, and who is at the keyboard."""

    home: Path
    units: "Units"
    jobs: "Jobs"
    actor: "Callable[[], Actor]"
    parts: Any = None
    """What the program's entry point wired, for commands that need more."""


_open: list[Callable[[], Here]] = []
_here: list[Here] = []


def provide(opening: Callable[[], Here], as_it_is: Callable[[], Here] | None = None) -> None:
    """Let commands open their workspace with `opening`, once one needs it; with `as_it_is` where that must change nothing."""
    _open[:], _here[:] = [opening, as_it_is or opening], []


def here() -> Here:
    """Return the workspace, opened at the first call."""
    if not _here:
        _here.append(_open[0]())
    return _here[0]


def as_it_is() -> Here:
    """Return the workspace as it is, broken as it may be: nothing is migrated, finished or made."""
    if not _here:
        _here.append(_open[1]())
    return _here[0]


def close() -> None:
    """Close the workspace, if a command opened it."""
    while _here:
        _here.pop().units.close()


@contextmanager
def reading() -> "Iterator[UnitOfWork]":
    """Give a command a unit of work that cannot write."""
    at = here()
    with at.units.read(at.actor()) as uow:
        yield uow


@contextmanager
def writing(*, settle: bool = True) -> "Iterator[UnitOfWork]":
    """Give a command a unit of work. What it promised is done by the server, or here at once where there is none.

    What went wrong with a promise is said on standard error, for the command itself has succeeded. A command that is about the
    promise says `settle=False`, and calls `follow`.
    """
    at = here()
    with at.units.write(at.actor()) as uow:
        yield uow
    if settle:
        with telling() as tell:
            ended = at.jobs.run(uow.jobs, tell)
        for row in ended:
            if row.failure is not None:
                warn(row.failure)


def follow(ids: Iterable[int]) -> "list[JobRow]":
    """Wait for jobs, saying how far they are, and return how they ended; a failed one is for the caller to look at."""
    at = here()
    with telling() as tell:
        return at.jobs.wait_all(ids, tell)


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Give a function that shows how far something is: one line that changes, or lines where there is no terminal."""
    if not sys.stderr.isatty():
        yield say
        return
    from rich.console import Console  # noqa: PLC0415  (rich is loaded where something is drawn)
    from rich.text import Text  # noqa: PLC0415  (as above)

    with Console(stderr=True).status("") as status:
        yield lambda text: status.update(Text(plain(text)))


def token(variable: str | None, *, ask: bool) -> str | None:
    """Return the token that a person names by a variable, or types; never as an argument, which everybody may see."""
    if ask:
        return str(typer.prompt("Token", hide_input=True, err=True))
    if variable is None:
        return None
    if not os.environ.get(variable):
        raise Invalid.field(
            "token_from", f"There is no environment variable {variable}, or it is empty: export it first."
        )
    return os.environ[variable]


# -- output -------------------------------------------------------------------------------------------------------------


def show(value: Any, *, json: bool = False, columns: Columns | None = None, empty: str = "Nothing.") -> None:
    """Print a result: JSON, or for people a list as a table, a text as Markdown, and anything else as its facts."""
    if json:
        from pydantic import TypeAdapter  # noqa: PLC0415  (as rich)

        typer.echo(TypeAdapter(Any).dump_json(value, indent=2, fallback=str).decode())
    elif isinstance(value, str):
        _show_text(plain(value))
    elif isinstance(value, Sequence):
        _show_table(value, columns or (_attributes(value[0]) if value else {}), empty)
    elif value is not None:
        _show_facts(value, columns or _attributes(value))


def say(text: str) -> None:
    """Print a sentence about what was done, to standard error, where it does not disturb a result."""
    typer.echo(plain(text), err=True)


def warn(error: CalciferError) -> None:
    """Print what went wrong beside what succeeded."""
    _complain("Warning", typer.colors.YELLOW, error)


def fail(error: CalciferError) -> int:
    """Print an error as sentence and mend, and return the exit code of its kind."""
    _complain("Error", typer.colors.RED, error)
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), 1)


def plain(text: str) -> str:
    """Return `text` without what a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def cell(value: object) -> str:
    """Return a value as tables and facts show it: local time, yes and no, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(cell(one) for one in value)
    return plain(str(value))


def _complain(word: str, colour: str, error: CalciferError) -> None:
    has_colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    typer.echo((typer.style(f"{word}:", fg=colour, bold=True) if has_colour else f"{word}:") + " ", err=True, nl=False)
    say(error.message)
    if error.mend:
        say(f"  → {error.mend}")


def _attributes(value: object) -> dict[str, str]:
    names: Iterable[str]
    if isinstance(value, Mapping):
        names = value
    elif dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
    else:
        names = getattr(type(value), "model_fields", vars(value))
    return {name.replace("_", " ").capitalize(): name for name in names}


def _value(row: object, column: str | Callable[[Any], object]) -> str:
    if callable(column):
        return cell(column(row))
    return cell(row[column] if isinstance(row, Mapping) else getattr(row, column))


def _show_text(text: str) -> None:
    if not sys.stdout.isatty():
        typer.echo(text, nl=not text.endswith("\n"))
        return
    from rich.console import Console  # noqa: PLC0415  (as above)
    from rich.markdown import Markdown  # noqa: PLC0415  (as above)

    Console().print(Markdown(text))


def _show_table(rows: Sequence[object], columns: Columns, empty: str) -> None:
    if not rows:
        say(empty)
        return
    cells = [[_value(row, column) for column in columns.values()] for row in rows]
    if not sys.stdout.isatty():
        for line in [list(columns), *cells]:
            typer.echo("\t".join(re.sub(r"[\t\n]", " ", one) for one in line))
        return
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  (as above)
    from rich.console import Console  # noqa: PLC0415  (as above)
    from rich.table import Table  # noqa: PLC0415  (as above)
    from rich.text import Text  # noqa: PLC0415  (as above)

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in columns:
        table.add_column(heading, overflow="fold")
    for line in cells:
        table.add_row(*map(Text, line))
    Console().print(table)


def _show_facts(value: object, columns: Columns) -> None:
    width = max(map(len, columns), default=0) if sys.stdout.isatty() else 0
    for heading, column in columns.items():
        text = _value(value, column)
        if text:
            typer.echo(f"{heading + ':':{width + 1}} {text}")

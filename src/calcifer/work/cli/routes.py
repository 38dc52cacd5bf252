"""The command group that the modules of work share, and how an item is shown on a terminal."""

from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.uow import UnitOfWork
from calcifer.work.rules import Verdict
from calcifer.work.schemas import ItemDetail
from calcifer.work.service.details import detail_out, details

commands = typer.Typer(
    name="work", help="Items: changes with a reason, a branch and a checklist.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(metavar="ITEM", min=1, help="The item's number.")]
HELD = 5
"""The exit code where a rule or a run holds an item up: that of a conflict."""
MARKS = {"pass": "✓", "waived": "○", "fail": "✗", "pending": "…"}


def shown(uow: UnitOfWork, number: int, *, json: bool) -> None:
    """Print an item as it is after the command."""
    uow.db.flush()
    item = detail_out(details(uow, number))
    terminal.show(item if json else _text(item), json=json)


def _text(item: ItemDetail) -> str:
    lines = [f"# #{item.number} {item.title}", "", f"{item.kind} to {item.service}, {item.state}, by {item.author}"]
    if item.branch:
        lines += ["", f"`{item.branch}`" + (f", {item.ahead} ahead, {item.behind} behind" if item.head else ", gone")]
    if item.notice:
        lines += ["", item.notice]
    if item.checklist:
        lines += ["", "## Checklist", ""]
        lines += [f"{line.position}. {'☑' if line.done else '☐'} {line.text}" for line in item.checklist]
    if item.verdicts:
        lines += ["", "## Rules", ""]
        for verdict in item.verdicts:
            lines.append(f"- {MARKS[verdict.state]} {verdict.rule}: {verdict.sentence}")
            if verdict.mend and verdict.state in ("fail", "pending"):
                lines.append(f"  → {verdict.mend}")
    return "\n".join(lines)


def held(verdicts: list[Verdict]) -> str:
    """Say what holds an item up."""
    return "\n".join(
        f"  {MARKS[v.state]} {v.rule}: {v.sentence}" + (f"\n    → {v.mend}" if v.mend else "")
        for v in verdicts
        if not v.lets_through
    )

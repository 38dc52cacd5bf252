"""What lies on an item's branch: worktree, commits, bringing up to date."""

from pathlib import Path
from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.errors import Invalid
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Json, here, writing
from calcifer.work import service
from calcifer.work.cli.routes import Number, commands, shown
from calcifer.work.schemas import CommitMade, NewCommit, Update, WorktreeOut

Files = Annotated[
    list[str], typer.Option("--file", "-f", metavar="PATH=LOCAL", help="A file of the branch, from a local one.")
]


@commands.command("checkout")
def checkout(number: Number, json: Json = False) -> None:
    """Give the item a worktree, and print where it is."""
    with writing() as uow:
        path = service.checkout(uow, number, here().home / "var" / "worktrees")
    if json:
        terminal.show(WorktreeOut(path=str(path)), json=True)
    else:
        typer.echo(path)


@commands.command("commit")
def commit(
    number: Number,
    message: Annotated[str, typer.Option("--message", "-m", help="What this commit does.")],
    entry: Annotated[str | None, typer.Option("--entry", "-e", help="The sentence for CHANGES.md.")] = None,
    file: Files = [],  # noqa: B006  (Typer copies it)
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]…", help="Only these of the worktree's edits.")
    ] = None,
    json: Json = False,
) -> None:
    """Commit the edits in the item's worktree, or files given by --file, or the change entry alone."""
    given = {"message": message, "entry": entry, "files": texts(file), "paths": paths or None}
    alone = entry is not None and not paths and not file
    with writing(settle=False) as uow:  # a verify run takes its time: who completes waits for it
        from_worktree = not file and (not alone or service.has_worktree(uow, number))
        new = checked(NewCommit, **given, from_worktree=from_worktree)
        made = service.commit(uow, number, new)
    if json:
        terminal.show(CommitMade(commit=made), json=True)
    terminal.say(f"Committed {made[:12]} to #{number}.")


def texts(given: list[str]) -> list[dict[str, str]]:
    """Read `PATH=LOCAL` pairs; Invalid where a local file is missing or is no text."""
    found = []
    for pair in given:
        path, has_local, local = pair.partition("=")
        try:
            found.append({"path": path, "content": Path(local).read_bytes().decode()})
        except OSError as error:
            raise Invalid(f"{local if has_local else pair}: {error.strerror or 'give PATH=LOCAL'}.") from None
        except UnicodeDecodeError:
            raise Invalid(f"{local} is no text: commit it from a worktree (calcifer work checkout).") from None
    return found


@commands.command("update")
def update(number: Number, file: Files = [], json: Json = False) -> None:  # noqa: B006  (as above)
    """Bring the branch up to date with main; --file says how a conflicting file should read."""
    how = checked(Update, resolutions=texts(file))
    with writing(settle=False) as uow:  # a verify run takes its time: who completes waits for it
        service.update(uow, number, how)
        shown(uow, number, json=json)

"""Work that began elsewhere: branches that are there, and requests of the forge, taken up as items."""

from typing import Annotated

import typer

from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import AskToken, Columns, Json, TokenFrom, here, reading, writing
from calcifer.work import service
from calcifer.work.cli.routes import commands, shown
from calcifer.work.service import taking
from calcifer.work.takings import AskedOut, BranchOut, Take, TakeRequest

Service = Annotated[str, typer.Option("--service", "-s", help="The service.")]
Title = Annotated[str | None, typer.Option("--title", help="Left out: that of the first commit, or of the request.")]
Action = Annotated[str, typer.Option(help="new, change, fix.")]
Forge = Annotated[str | None, typer.Option("--forge", metavar="URL", help="Where the origin does not tell it.")]
BRANCHES: Columns = {
    "Branch": "name", "Ahead": "ahead", "Behind": "behind", "Last commit": "at", "Author": "author", "Subject": "subject"
}  # fmt: skip
REQUESTS: Columns = {"#": "number", "Title": "title", "Author": "author", "Branch": "branch", "Into": "into"}


@commands.command("branches")
def branches(service_name: Annotated[str, typer.Argument(metavar="SERVICE")], json: Json = False) -> None:
    """List branches without an item that have commits which main lacks, here and at origin."""
    with reading() as uow:
        found = [BranchOut.model_validate(one) for one in taking.branches(uow, service_name)]
    terminal.show(found, json=json, columns=BRANCHES, empty="Every branch has its item, or nothing that main lacks.")


@commands.command("take")
def take(
    branch: str,
    service_name: Service,
    message: Annotated[str, typer.Option("--message", "-m", help="Why.")],
    title: Title = None,
    action: Action = "change",
    json: Json = False,
) -> None:
    """Open an item that goes on where a branch stands; the branch itself stays."""
    new = checked(Take, branch=branch, service=service_name, reason=message, title=title, action=action)
    with writing() as uow:
        shown(uow, service.take(uow, new).number, json=json)


@commands.command("find-requests")
def find_requests(
    service_name: Annotated[str, typer.Argument(metavar="SERVICE")],
    token_from: TokenFrom = None,
    ask_token: AskToken = False,
    forge: Forge = None,
    json: Json = False,
) -> None:
    """Ask the forge of a service's origin for open merge requests or pull requests."""
    token = terminal.token(token_from, ask=ask_token)
    with writing(settle=False) as uow:
        row = service.find_requests(uow, here().home / "var", service_name, token, forge)
    found = _ended(row.id).requests
    terminal.show(found, json=json, columns=REQUESTS, empty="There is no open request.")


@commands.command("take-request")
def take_request(
    number: Annotated[int, typer.Argument(min=1)],
    service_name: Service,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Why; left out: the request's text.")] = None,
    title: Title = None,
    action: Action = "change",
    token_from: TokenFrom = None,
    ask_token: AskToken = False,
    forge: Forge = None,
    json: Json = False,
) -> None:
    """Fetch a merge request or pull request and open an item of it: title, text and commits."""
    given = {"service": service_name, "number": number, "reason": message, "title": title, "action": action}
    new = checked(TakeRequest, **given, forge=forge, token=terminal.token(token_from, ask=ask_token))
    with writing(settle=False) as uow:
        row = service.take_request(uow, here().home / "var", new)
    made = _ended(row.id).number
    with reading() as uow:
        shown(uow, made or 0, json=json)


def _ended(job_id: int) -> AskedOut:
    ended = terminal.follow([job_id])[0]
    if ended.failure is not None:
        raise ended.failure
    return AskedOut.of(ended)

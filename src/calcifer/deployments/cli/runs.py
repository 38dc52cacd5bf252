"""Runs on the command line."""

from typing import Annotated, Any

import typer

from calcifer.deployments import matrix
from calcifer.deployments.cli.routes import commands
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import CellOut, DeploymentOut, NewDeployment, NewRollback
from calcifer.deployments.service import logs, runs
from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Columns, Json, reading, say, show, writing

Service = Annotated[str, typer.Argument(help="A service.")]
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of a deployment.")]
To = Annotated[
    str | None, typer.Option("--to", help="A target, by its name or its host; needed where there are several.")
]
Why = Annotated[str, typer.Option("--reason", "-m", help="Why.")]
NOT_GOOD = 5
CELLS: Columns = {
    "Service": "service",
    "Host": "host",
    "Target": "target",
    "State": lambda cell: f"{cell.state}, stopped on purpose" if cell.is_stopped else cell.state,
    "Version": lambda cell: (cell.commit or "")[:10],
    "Behind": lambda cell: ", ".join(f"#{number}" for number in cell.items),
    "By": "by",
    "Since": "at",
}
DEPLOYMENTS: Columns = {
    "ID": "id",
    "State": "state",
    "Service": "service",
    "Host": "host",
    "Commit": lambda one: one.commit[:10],
    "Items": lambda one: ", ".join(f"#{number}" for number in one.items),
    "By": "by",
    "Asked": "made_at",
}


@commands.command("list")
def deployments(
    service: Annotated[str, typer.Option(help="Of this service alone.")] = "",
    host: Annotated[str, typer.Option(help="On this host alone.")] = "",
    limit: int = 50,
    json: Json = False,
) -> None:
    """List deployments, newest first."""
    with reading() as uow:
        found = queries.list_deployments(uow.db, service=service, host=host, limit=limit)
        rows = [DeploymentOut.of(*one) for one in found]
    show(rows, json=json, columns=DEPLOYMENTS, empty="Nothing was deployed yet: calcifer deploy SERVICE")


@commands.command("matrix")
def cells(json: Json = False) -> None:
    """Show which version of each service is on which host, and which items it is behind."""
    found, after = list[CellOut](), None
    with reading() as uow:
        while rows := matrix.cells(uow, after=after):
            found += [cell for row in rows for cell in row]
            after = found[-1].service
    show(found, json=json, columns=CELLS, empty="No service says yet where it runs: targets in .calcifer/service.yaml")


@commands.command("show")
def deployment(number: Number, json: Json = False) -> None:
    """Show a deployment: its plan, how far it is, how it ended."""
    with reading() as uow:
        found = DeploymentOut.of(*queries.get_deployment(uow.db, number))
    _tell(found, json)


@commands.command("log")
def log(number: Number, json: Json = False) -> None:
    """Print what was said on the host, run by run."""
    with reading() as uow:
        queries.get_deployment(uow.db, number)
    found = logs.read(terminal.here().home / "var", number)
    if json:
        show([one.model_dump() for one in found], json=True)
    for one in [] if json else found:
        say(f"── {one.name}")
        typer.echo(one.text, nl=not one.text.endswith("\n"))


@commands.command("deploy")
def deploy(
    service: Service,
    to: To = None,
    commit: Annotated[str | None, typer.Option(help="A commit, by its 40 digits; main as it is without it.")] = None,
    reason: Why = "",
    json: Json = False,
) -> None:
    """Bring a service into service on its host, as it is on main; ends with 5 where it did not come into service."""
    data = checked(NewDeployment, service=service, to=to, commit=commit, reason=reason)
    with writing(settle=False) as uow:
        number = runs.deploy(uow, data).id
    follow_to_end(number, json)


@commands.command("rollback")
def rollback(service: Service, to: To = None, reason: Why = "", json: Json = False) -> None:
    """Bring back what was in service before."""
    data = checked(NewRollback, service=service, to=to, reason=reason)
    with writing(settle=False) as uow:
        number = runs.rollback(uow, data).id
    follow_to_end(number, json)


@commands.command("cancel")
def cancel(number: Number, json: Json = False) -> None:
    """End a deployment; where something has begun to change, by way of the version before."""
    with writing(settle=False) as uow:
        runs.cancel(uow, number)
    with reading() as uow:
        found = DeploymentOut.of(*queries.get_deployment(uow.db, number))
    show(found if json else None, json=json)
    say(
        f"Deployment {number} is {found.state}."
        if found.state == "cancelled"
        else f"Deployment {number} is being ended."
    )


@commands.command("proceed")
def proceed(number: Number, json: Json = False) -> None:
    """Let a held deployment go on: what was edited on the host is kept aside there, and replaced."""
    with writing(settle=False) as uow:
        runs.proceed(uow, number)
    follow_to_end(number, json)


def follow_to_end(number: int, json: bool) -> None:
    """Wait for the end of a deployment, and show it; ends with 5 where it did not come into service."""
    with reading() as uow:
        job = runs.job_of(uow, number)
    ended = terminal.follow([job])[0]
    if ended.failure is not None:
        raise ended.failure
    with reading() as uow:
        found = DeploymentOut.of(*queries.get_deployment(uow.db, number))
    _tell(found, json)
    if found.state != "good":
        raise typer.Exit(NOT_GOOD)


def _tell(found: DeploymentOut, json: bool) -> None:
    show(found if json else _facts(found), json=json)
    if not json and found.error:
        say(found.error)
        if found.mend:
            say(f"  → {found.mend}")


def _facts(found: DeploymentOut) -> dict[str, Any]:
    containers = found.plan.get("containers", {})
    said = {
        "deployment": found.id,
        "state": found.state,
        "service": found.service,
        "host": f"{found.host} ({found.target}), {found.directory}",
        "commit": found.commit[:10],
        "before": found.before[:10] if found.before else None,
        "items": ", ".join(f"#{number}" for number in found.items),
        "why": found.reason,
        "by": found.by,
        "files": found.plan.get("file_count"),
        "containers": "; ".join(f"{word}: {', '.join(names)}" for word, names in containers.items() if names),
        "verdict": found.verdict,
    }
    return {name: value for name, value in said.items() if value not in (None, "")}

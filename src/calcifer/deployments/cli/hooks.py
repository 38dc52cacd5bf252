"""Hooks of versions: shown, and trusted."""

from typing import Annotated

import typer

from calcifer.deployments.cli.routes import commands
from calcifer.deployments.cli.runs import Number, follow_to_end
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import HooksOut, NewTrust
from calcifer.deployments.service import trusting
from calcifer.kit import terminal
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Json, reading, show, writing


@commands.command("hooks")
def hooks(number: Number, json: Json = False) -> None:
    """Show which hooks the version of a deployment has, and who has trusted them."""
    with reading() as uow:
        found = trusting.hooks(uow, number)
    show(found if json else _text(found), json=json)


@commands.command("trust")
def trust(
    number: Number,
    digest: Annotated[
        list[str] | None, typer.Option(help="Of a hook that was read (deployments hooks); asked without.")
    ] = None,
    json: Json = False,
) -> None:
    """Let the hooks of a deployment's version run on its host; they are shown and asked about first. What they held goes on."""
    if not digest:
        with reading() as uow:
            found = trusting.hooks(uow, number)
        digest = [hook.digest for hook in found.hooks]
        if digest:
            typer.confirm(f"{terminal.plain(_text(found))}\n\nRun this on the host?", abort=True, err=True)
    with writing(settle=False) as uow:
        trusting.trust(uow, number, checked(NewTrust, digests=digest))
        goes_on = not queries.get_deployment(uow.db, number).run.is_finished
    if goes_on:
        follow_to_end(number, json)


def _text(found: HooksOut) -> str:
    lines = []
    for hook in found.hooks:
        lines += [f"{hook.name}: {hook.command}", f"  digest {hook.digest}"]
        lines += [f"  names {', '.join(hook.files)} of {found.commit[:10]}"] if hook.files else []
        lines += [f"  trusted by {hook.by}" if hook.by else "  nobody has trusted it"]
    return "\n".join(lines) or f"The version of deployment {found.deployment} has no hooks."

"""`calcifer hosts …`: machines, and how to reach them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from calcifer.hosts import queries, service
from calcifer.hosts.reaching import LOOK
from calcifer.hosts.schemas import FindingOut, HostChanges, HostJobOut, HostOut, NewHost, NewPin
from calcifer.kit import terminal
from calcifer.kit.promises import JobRow
from calcifer.kit.schemas import checked
from calcifer.kit.terminal import Columns, Json, reading, say, show, writing

commands = typer.Typer(name="hosts", help="Machines, and how to reach them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A host.")]
INCOMPLETE = 5
HOSTS: Columns = {
    "Name": "name",
    "State": "state",
    "Target": lambda host: host.target or "this machine",
    "System": lambda host: host.facts.get("os", ""),
    "Engine": lambda host: host.facts.get("engine_version", ""),
    "Lacks": lambda host: host.error or ", ".join(dict.fromkeys(one.subject for one in host.findings)),
}
FINDINGS: Columns = {"What": "subject", "Lacking": "sentence", "To mend it": "mend"}


@commands.command("list")
def hosts(json: Json = False) -> None:
    """List hosts, replaced ones included."""
    with reading() as uow:
        rows = [HostOut.of(host) for host in queries.list_all(uow.db)]
    show(rows, json=json, columns=HOSTS, empty="There is no host yet: calcifer hosts add NAME [SSH-TARGET]")


@commands.command("show")
def host(name: Name, json: Json = False) -> None:
    """Show what is known of a host."""
    with reading() as uow:
        found = HostOut.of(queries.get_host(uow.db, name))
    show(found if json else _facts(found), json=json)
    if not json:
        _lacking(found)


@commands.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is called here.")],
    target: Annotated[
        str,
        typer.Argument(
            metavar="[SSH-TARGET]", help="host, user@host or ssh://user@host:port; without it this machine."
        ),
    ] = "",
    directory: Annotated[str, typer.Option(help="Where services lie on it; /opt/calcifer without it.")] = "",
    note: str = "",
    json: Json = False,
) -> None:
    """Reach a machine, pin its key, and list it as a host."""
    data = checked(NewHost, name=name, target=target, directory=directory, note=note)
    with writing(settle=False) as uow:
        row = service.add(uow, data)
    done = HostJobOut.of(_ended(row.id))
    with reading() as uow:
        found = queries.get_host(uow.db, data.name)
        shown, kind = HostOut.of(found), (found.key_type or "").lower()
    show(shown if json else _facts(shown), json=json)
    if done.fingerprint and not done.was_known:
        say(f"Its key was seen for the first time. On the host, this has to say the same: {LOOK.format(kind=kind)}")
    if not json:
        _lacking(shown)


@commands.command("check")
def check(
    name: Annotated[str | None, typer.Argument(help="A host; all where none is given.")] = None, json: Json = False
) -> None:
    """Look at a host, or at all, and say what it lacks; ends with 5 where something is lacking."""
    with writing(settle=False) as uow:
        row = service.check(uow, name)
    _ended(row.id)
    with reading() as uow:
        found = [queries.get_host(uow.db, name)] if name else queries.list_present(uow.db)
        rows = [HostOut.of(host) for host in found]
    show(rows, json=json, columns=HOSTS, empty="There is no host yet: calcifer hosts add NAME [SSH-TARGET]")
    if not json:
        for one in rows:
            _lacking(one)
    if any(one.state != "ready" for one in rows):
        raise typer.Exit(INCOMPLETE)


@commands.command("edit")
def edit(
    name: Name,
    target: Annotated[str | None, typer.Option(help="Where it is reached.")] = None,
    directory: Annotated[str | None, typer.Option(help="Where services lie on it.")] = None,
    note: str | None = None,
    owner: Annotated[str | None, typer.Option(help="Mail address of who decides what may reach it.")] = None,
    json: Json = False,
) -> None:
    """Change where a host is reached, where services lie on it, its note, or whose it is."""
    changes = checked(HostChanges, target=target, directory=directory, note=note, owner=owner)
    with writing() as uow:
        found = HostOut.of(service.edit(uow, _var(), name, changes))
    show(found if json else _facts(found), json=json)


@commands.command("pin")
def pin(
    name: Name,
    fingerprint: Annotated[str, typer.Argument(help="SHA256:… of the key, as the host itself says it.")],
    json: Json = False,
) -> None:
    """Pin another key of a host, on purpose, where the host shows the one with this fingerprint."""
    wanted = checked(NewPin, fingerprint=fingerprint).fingerprint
    with writing(settle=False) as uow:
        row = service.pin(uow, name, wanted)
    done = HostJobOut.of(_ended(row.id))
    show(done if json else {"host": done.host, "fingerprint": done.fingerprint}, json=json)


@commands.command("replace")
def replace(
    name: Annotated[str, typer.Argument(metavar="OLD", help="The host whose name it is.")],
    by: Annotated[str, typer.Argument(metavar="NEW", help="The host whose machine takes the name.")],
    json: Json = False,
) -> None:
    """Let the machine of NEW take the name OLD and all that refers to it; the old machine stays listed as replaced."""
    with writing() as uow:
        found = HostOut.of(service.replace(uow, _var(), name, by))
    show(found if json else _facts(found), json=json)


@commands.command("remove")
def remove(name: Name, json: Json = False) -> None:
    """Forget a host; nothing on it is changed."""
    with writing() as uow:
        service.remove(uow, _var(), name)
    show({"removed": name} if json else None, json=json)
    say(f"{name} is forgotten. Nothing on it was changed.")


def _var() -> Path:
    return terminal.here().home / "var"


def _ended(row_id: int) -> JobRow:
    ended = terminal.follow([row_id])[0]
    if ended.failure is not None:
        raise ended.failure
    return ended


def _facts(host: HostOut) -> dict[str, Any]:
    facts = host.facts
    memory = facts.get("memory_bytes")
    said = {
        "name": host.name,
        "state": host.state,
        "target": host.target or "this machine",
        "directory": host.directory,
        "note": host.note,
        "owner": host.owner,
        "key": f"{host.key_type} {host.fingerprint}" if host.fingerprint else None,
        "pinned": host.pinned_at,
        "checked": host.checked_at,
        "system": facts.get("os"),
        "kernel": facts.get("kernel"),
        "processors": facts.get("cpus"),
        "memory": f"{memory / 1e9:.1f} GB" if memory else None,
        "engine": facts.get("engine_version"),
        "compose": facts.get("compose_version"),
        "addresses": [f"{name} {address}" for name, found in facts.get("addresses", {}).items() for address in found],
        "macvlan_parents": facts.get("macvlan_parents"),
        "disks": [
            f"{one['mount']} {one['free_bytes'] / 1e9:.1f} of {one['total_bytes'] / 1e9:.1f} GB free"
            for one in _disks(host)
        ],
    }
    return {name: value for name, value in said.items() if value}


def _disks(host: HostOut) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = host.facts.get("disks", [])
    return found


def _lacking(host: HostOut) -> None:
    if host.error:
        say(f"{host.name}: {host.error}")
        if host.mend:
            say(f"  → {host.mend}")
    found: list[FindingOut] = host.findings
    if found:
        say(f"{host.name} lacks:")
        show(found, columns=FINDINGS)

"""The only place that puts the command line together: `calcifer <domain> <verb>`, and a few shortcuts.

A domain is imported when one of its commands runs: `calcifer --help` and completion cost no database and no web framework.
"""

import gc
import importlib
import logging
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

import calcifer
from calcifer import config, logs
from calcifer.kit import terminal
from calcifer.kit.errors import CalciferError

# Domains in the order of the menu; one whose `cli.py` is not there yet is left out.
DOMAINS = ("work", "services", "updates", "git", "secrets", "deployments", "hosts", "doctor", "accounts", "activity")
# What is said so often that the domain may be left out.
SHORTCUTS = {
    "init": "services",
    "new": "services",
    "adopt": "services",
    "adopt-from": "services",
    "survey": "services",
    "scan": "services",
    "convert": "services",
    "change": "work",
    "context": "work",
    "look": "deployments",
    "deploy": "deployments",
    "rollback": "deployments",
    "restart": "deployments",
    "logs": "deployments",
}

log = logging.getLogger("calcifer.cli")


class _Later:
    """The workspace as Typer's context has it (`context.obj.units`), opened when a command asks for a part of it."""

    def __getattr__(self, name: str) -> Any:
        return getattr(terminal.here(), name)


class Domains(TyperGroup):
    """The commands of the program and of its domains, which are imported by the one that is called."""

    def __init__(self, **settings: Any) -> None:
        """Add a stand-in for each domain and shortcut: name and help alone."""
        super().__init__(**settings)
        for name in DOMAINS:
            if exists(name):
                words = importlib.import_module(f"calcifer.{name}").__doc__ or ""
                self.add_command(TyperGroup(name=name, help=words.partition("\n")[0], rich_help_panel="Domains"))
        for name, domain in SHORTCUTS.items():
            if exists(domain):
                words = f"The same as `calcifer {domain} {name}`."
                self.add_command(TyperCommand(name, help=words, rich_help_panel="Shortcuts"))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Put the real command in the place of its stand-in."""
        name = args[0]
        if name in DOMAINS and exists(name):
            self.add_command(load(name), name)
        elif name in SHORTCUTS and exists(SHORTCUTS[name]):
            found = load(SHORTCUTS[name]).commands.get(name)
            if found is None:
                del self.commands[name]
            else:
                self.add_command(found, name)
        return super().resolve_command(ctx, args)


def exists(domain: str) -> bool:
    """Say whether a domain has commands."""
    home = Path(__file__).parent / domain
    return (home / "cli.py").is_file() or (home / "cli").is_dir()


def load(domain: str) -> TyperGroup:
    """Import the commands of a domain."""
    module = importlib.import_module(f"calcifer.{domain}.cli")
    commands = next(made for made in vars(module).values() if isinstance(made, typer.Typer))
    return typer.main.get_group(commands)


app = typer.Typer(
    cls=Domains,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Services in git, changes with a reason, and an answer to “why is it like this?”",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"calcifer {calcifer.__version__}")
        raise typer.Exit


@app.callback()
def program(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Begin."""


@app.command()
def serve() -> None:
    """Start the server: pages and API at CALCIFER_HOST and CALCIFER_PORT, 127.0.0.1:8000 by default."""
    gc.disable()  # nothing of what is imported ends before the program: the server says when to look for garbage
    from calcifer import server  # noqa: PLC0415  (the web framework is for this command alone)

    server.serve(config.read())


@app.command("rebuild")
def rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing: say where the database and git differ.")
    ] = False,
    also: Annotated[
        list[Path] | None, typer.Option(metavar="PATH", help="A service outside of the workspace; may be repeated.")
    ] = None,
    json: terminal.Json = False,
) -> None:
    """Make the database anew from the repositories alone; the one that is there is kept in var/backups."""
    from calcifer.rebuild import cli as rebuilding  # noqa: PLC0415  (it imports every domain)

    rebuilding.rebuild(config.read(), check=check, also=also or [], json=json)


def main() -> None:
    """Run the command line of this process and exit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))


def run(args: Sequence[str], opening: Callable[[], terminal.Here] | None = None) -> int:
    """Run one command and return its exit code; an error is a sentence on standard error, never a traceback.

    `opening` gives the workspace, where that is not the one of the settings.
    """
    terminal.provide(opening or _open, opening or _as_it_is)
    try:
        typer.main.get_command(app).main(args=list(args), prog_name="calcifer", obj=_Later())
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except CalciferError as error:
        return terminal.fail(error)
    except Exception as error:  # noqa: BLE001  (this is where a person is told about what nobody expected)
        return terminal.fail(_unexpected(error))
    finally:
        terminal.close()
    return 0


def _open() -> terminal.Here:
    from calcifer.accounts.local import local_actor  # noqa: PLC0415  (these import the database)
    from calcifer.wiring import wire  # noqa: PLC0415

    wiring = wire(config.read())
    home = wiring.settings.home
    logs.to_file(wiring.settings.var)
    return terminal.Here(home, wiring.units, wiring.jobs, lambda: local_actor(home), wiring)


def _as_it_is() -> terminal.Here:
    from calcifer import wiring  # noqa: PLC0415  (as above)
    from calcifer.accounts.local import local_actor  # noqa: PLC0415

    settings = config.read()
    made = wiring.as_it_is(settings)
    return terminal.Here(settings.home, made.units, made.jobs, lambda: local_actor(settings.home), made)


def _unexpected(error: Exception) -> CalciferError:
    """Write a defect to the log, and return what a person is told about it."""
    fault = secrets.token_hex(4)
    try:
        path = logs.to_file(config.read().var)
        log.error("Command failed (%s): calcifer %s", fault, " ".join(sys.argv[1:3]), exc_info=error)
    except (OSError, CalciferError):
        return CalciferError(f"Something unexpected happened, and it could not be logged: {type(error).__name__}.")
    return CalciferError(
        f"Something unexpected happened: this is a defect of Calcifer. The log has it as {fault}.",
        mend=f"grep -A 60 {fault} {path}",
    )

"""The command group that the modules of services share, and the types of their parameters."""

from typing import Annotated

import typer

commands = typer.Typer(
    name="services", help="The catalog: services, read from their repositories.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(metavar="SERVICE", help="The service's name.")]

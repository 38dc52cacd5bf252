"""The group that the commands share."""

import typer

commands = typer.Typer(name="deployments", help="What runs where, and how it gets there.", no_args_is_help=True)

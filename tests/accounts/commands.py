"""Runs `calcifer accounts …` on a test's parts."""

from typer.testing import CliRunner, Result

from calcifer.accounts.cli import commands
from calcifer.wiring import Wiring


def run(wiring: Wiring, *arguments: str, typed: str = "") -> Result:
    """Run one command."""
    return CliRunner().invoke(commands, arguments, obj=wiring, input=typed, catch_exceptions=False)

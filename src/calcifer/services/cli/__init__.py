"""The catalog on the command line: `calcifer services …`; `init` and `scan` are shortcuts too."""

from calcifer.services.cli import adopting, catalog, scanning
from calcifer.services.cli.routes import commands

__all__ = ["adopting", "catalog", "commands", "scanning"]

"""The catalog on the command line: `calcifer services …`; `init` and `scan` are shortcuts too."""

from calcifer.services.cli import adopting, arriving, catalog, scanning
from calcifer.services.cli.routes import commands

__all__ = ["adopting", "arriving", "catalog", "commands", "scanning"]

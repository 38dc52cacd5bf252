"""The catalog on the command line: `calcifer services …`; `init`, `scan` and `convert` are shortcuts too."""

from calcifer.services.cli import adopting, arriving, catalog, converting, scanning
from calcifer.services.cli.routes import commands

__all__ = ["adopting", "arriving", "catalog", "commands", "converting", "scanning"]

"""Work on the command line: `calcifer work …`, and the shortcuts `change` and `context`."""

from calcifer.work.cli import branch, express, items, lines
from calcifer.work.cli.routes import commands, shortcuts

__all__ = ["branch", "commands", "express", "items", "lines", "shortcuts"]

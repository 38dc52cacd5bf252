"""Work on the command line: `calcifer work …`; `change` and `context` are shortcuts too."""

from calcifer.work.cli import branch, elsewhere, express, items, lines, reach
from calcifer.work.cli.routes import commands

__all__ = ["branch", "commands", "elsewhere", "express", "items", "lines", "reach"]

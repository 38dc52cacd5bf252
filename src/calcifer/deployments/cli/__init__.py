"""`calcifer deployments …`: what runs where, and how it gets there; `deploy` and `rollback` are shortcuts too."""

from calcifer.deployments.cli import runs
from calcifer.deployments.cli.routes import commands

__all__ = ["commands", "runs"]

"""`calcifer deployments …`: what runs where, and how it gets there; `look`, `deploy` and `rollback` are shortcuts too."""

from calcifer.deployments.cli import hooks, looks, runs
from calcifer.deployments.cli.routes import commands

__all__ = ["commands", "hooks", "looks", "runs"]

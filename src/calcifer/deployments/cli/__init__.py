"""`calcifer deployments …`: what runs where, and how it got there; `look`, `deploy`, `rollback`, `restart`, `logs` too."""

from calcifer.deployments.cli import daily, hooks, looks, runs
from calcifer.deployments.cli.routes import commands

__all__ = ["commands", "daily", "hooks", "looks", "runs"]

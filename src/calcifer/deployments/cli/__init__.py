"""`calcifer deployments …`: what runs where, and how it gets there; `look`, `deploy`, `rollback`, `restart`, `logs` are shortcuts."""

from calcifer.deployments.cli import daily, hooks, looks, runs
from calcifer.deployments.cli.routes import commands

__all__ = ["commands", "daily", "hooks", "looks", "runs"]

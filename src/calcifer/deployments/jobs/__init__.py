"""What is done for deployments outside a unit of work; split by noun."""

from collections.abc import Collection
from pathlib import Path

from calcifer.deployments.jobs import daily, looks, runs
from calcifer.kit.workflows import Jobs


def register(jobs: Jobs, var: Path, plain: Collection[str] = ()) -> None:
    """Register the jobs of deployments for the workspace with the directory `var`; `plain` are registries without TLS."""
    runs.register(jobs, var)
    looks.register(jobs, var, plain)
    daily.register(jobs, var)

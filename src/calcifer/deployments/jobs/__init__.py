"""What is done for deployments outside a unit of work; split by noun."""

from pathlib import Path

from calcifer.deployments.jobs import daily, looks, runs
from calcifer.kit.workflows import Jobs


def register(jobs: Jobs, var: Path) -> None:
    """Register the jobs of deployments for the workspace with the directory `var`."""
    runs.register(jobs, var)
    looks.register(jobs, var)
    daily.register(jobs, var)

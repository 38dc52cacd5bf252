"""Deployments for programs: `/api/v1/deployments`."""

from calcifer.deployments.api import daily, hooks, looks, runs
from calcifer.deployments.api.routes import router

__all__ = ["daily", "hooks", "looks", "router", "runs"]

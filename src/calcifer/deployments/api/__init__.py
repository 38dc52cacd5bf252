"""Deployments for programs: `/api/v1/deployments`."""

from calcifer.deployments.api import hooks, looks, runs
from calcifer.deployments.api.routes import router

__all__ = ["hooks", "looks", "router", "runs"]

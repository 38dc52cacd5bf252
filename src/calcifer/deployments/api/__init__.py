"""Deployments for programs: `/api/v1/deployments`."""

from calcifer.deployments.api import looks, runs
from calcifer.deployments.api.routes import router

__all__ = ["looks", "router", "runs"]

"""Deployments for people: `/deployments`; what was brought where, and what became of it."""

from calcifer.deployments.pages import runs
from calcifer.deployments.pages.routes import router

__all__ = ["router", "runs"]

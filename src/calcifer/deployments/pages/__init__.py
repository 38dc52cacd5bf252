"""Deployments for people: `/deployments`; what was brought where, and what became of it. Words come before names in addresses."""

from calcifer.deployments.pages import daily, hooks, looks, runs
from calcifer.deployments.pages.routes import router

__all__ = ["daily", "hooks", "looks", "router", "runs"]

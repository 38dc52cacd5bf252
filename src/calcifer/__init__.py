"""Calcifer: services in git, changes with a reason, deployments one can ask "why?".

Calcifer does not contain services, it tracks them. See `docs/architecture.md` for the words, the promises and the layers.
"""

__version__ = "0.1.0"

"""Calcifer: services in git, changes with a reason, deployments one can ask "why?".

Calcifer does not contain services, it tracks them. The words, the promises and the layers are in
`docs/architecture.md`.
"""

__version__ = "0.2.0"

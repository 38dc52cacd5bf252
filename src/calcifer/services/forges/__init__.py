"""Programs that keep repositories for many people, as they are asked over their API: Gitea and Forgejo, GitHub, GitLab.

A *forge* is one of them at one address; an *owner* is a user, organisation or group on it; a *request* is a merge request or pull
request. What a forge says is somebody else's text: bounded, checked, and never an address that is followed to another host.
"""

from calcifer.services.forges.answers import Forge, Remote, Request
from calcifer.services.forges.finding import KINDS, Address, Kind, at, forge_of_origin, read_address

__all__ = ["KINDS", "Address", "Forge", "Kind", "Remote", "Request", "at", "forge_of_origin", "read_address"]

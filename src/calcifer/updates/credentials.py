"""The only place that reads how this machine's user signs in to registries: plain `auths` of docker's config.json."""

import base64
import binascii
import json
import os
from pathlib import Path

from calcifer.updates.references import HUB

LARGEST_BYTES = 1_000_000
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", HUB)


def find(registry: str) -> str | None:
    """Return the value of a Basic authorisation for a registry, or None; a credential helper is a program, and none is run."""
    folder = os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
    try:
        with (Path(folder) / "config.json").open("rb") as file:
            auths = json.loads(file.read(LARGEST_BYTES)).get("auths", {})
        keys = _HUB_KEYS if registry == HUB else (registry, f"https://{registry}", f"https://{registry}/")
        entry: dict[str, str] = next((auths[key] for key in keys if key in auths), {})
        auth = entry.get("auth") or _encoded(entry)
        base64.b64decode(auth, validate=True)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError, binascii.Error, RuntimeError):
        return None
    return str(auth) if auth else None


def _encoded(entry: dict[str, str]) -> str:
    if not entry.get("username"):
        return ""
    return base64.b64encode(f"{entry['username']}:{entry.get('password', '')}".encode()).decode()

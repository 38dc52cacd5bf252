"""Keeps the images of good deployments on their host, so that a prune cannot take them and going back needs no registry.

A tag of ours and a container that is never started stand behind each image of the version in service and of the one before it
(docs/decisions/0020): a prune takes tags without a container, or images without a tag. `docker system prune --all` takes both.
"""

import hashlib
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from calcifer.deployments.shipping import Place
from calcifer.kit import ssh
from calcifer.kit.errors import Unavailable

REPOSITORY = "calcifer.invalid/kept"
"""No registry is ever asked for it, or sent it: the top-level domain exists nowhere (RFC 2606)."""
SECONDS = 120.0
_LONGEST = 128
_ID = re.compile(r"sha256:[0-9a-f]{64}\Z")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,400}\Z")
_SCRIPT = (Path(__file__).parent / "keep.sh").read_text("utf-8")

Images = Mapping[str, Mapping[str, Any]]
"""Service of the compose files → `ref` and `id` of its image, as a deployment keeps them."""


def tag(service: str, deployment: int, part: str) -> str:
    """Return the tag of an image: service, deployment, service of the compose files; a hash where that is too long for a tag.

    No name of a service has a capital letter, so that none looks like another one's tag.
    """
    made = f"{service}.D{deployment}.{part}"
    if len(made) <= _LONGEST:
        return made
    return f"{service}.D{deployment}.{hashlib.sha256(part.encode()).hexdigest()[:12]}"[:_LONGEST]


def names(service: str, versions: Iterable[tuple[int, Images]]) -> dict[str, str]:
    """Return tag → image id of all that is to be kept, by number of the deployment."""
    return {
        tag(service, number, part): str(image["id"])
        for number, images in versions
        for part, image in images.items()
        if _ID.match(str(image.get("id", ""))) and re.match(r"[A-Za-z0-9._-]+\Z", part)
    }


def keep(place: Place, versions: Iterable[tuple[int, Images]]) -> int:
    """Keep the images of these deployments and no other ones of the service; return how many are kept."""
    return _said(place, "keep", names(place.service, versions).items())


def restore(place: Place, images: Images) -> int:
    """Let names that lead nowhere on the host mean again what they meant to a deployment; return how many were lost.

    A name that leads somewhere is left alone: other stacks may use it.
    """
    wanted = {str(one.get("ref", "")): str(one.get("id", "")) for one in images.values()}
    found = [(ref, id_) for ref, id_ in wanted.items() if _REF.match(ref) and _ID.match(id_)]
    return _said(place, "restore", found) if found else 0


def _said(place: Place, mode: str, lines: Iterable[tuple[str, str]]) -> int:
    script = ssh.set_in_front(_SCRIPT, mode=mode, service=place.service, repository=REPOSITORY)
    feed = io.BytesIO("".join(f"{name} {id_}\n" for name, id_ in lines).encode())
    said = ssh.answer(place.host, script, seconds=SECONDS, most_bytes=1000, feed=feed)
    if not said.strip().isdigit():
        raise Unavailable(f"{place.host} did not say which images it keeps: look at the connection, then repeat.")
    return int(said)

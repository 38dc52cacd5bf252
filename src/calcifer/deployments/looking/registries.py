"""The only place that says of what runs on a host whether its registry has another content today; pure."""

from collections.abc import Mapping
from typing import Any

from calcifer.updates.models import Image
from calcifer.updates.references import Reference, read


def references(content: Mapping[str, Any]) -> list[Reference]:
    """Return the images with a tag that a look saw on a host, and that came from a registry."""
    found = {one["image"]: None for one in _containers(content) if one.get("digest")}
    read_all = [reference for name in found if (reference := read(name))]
    return [one for one in read_all if one.has_tag]


def told(content: Mapping[str, Any], images: Mapping[str, Image]) -> dict[str, Any]:
    """Return what a look saw, with what registries have of it where they were asked."""
    checked, newer = [], 0
    wanted = references(content)
    for one in _containers(content):
        reference = read(one["image"]) if one.get("digest") else None
        image = images.get(reference.name) if reference and reference.has_tag else None
        said = image.told.get(reference.tag) if image and reference else None
        if image is None or said is None:
            continue
        there, at = said
        one["newest"] = there if there != one["digest"] else ""
        newer += bool(one["newest"])
        checked.append((at, image.name))
    if not checked:
        return dict(content)
    asked = len({name for _, name in checked})
    oldest = min(at for at, _ in checked)
    what = f"{newer} {'container has' if newer == 1 else 'containers have'} an image of which its registry has a newer content"
    sentence = f"{what if newer else 'Every image is the one that its registry has'}, as of {oldest:%Y-%m-%d %H:%M} UTC"
    left = len({one.name for one in wanted}) - asked
    return {**content, "updates": f"{sentence}{f'; {left} were not asked for' if left > 0 else ''}."}


def _containers(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [container for stack in content.get("stacks", ()) for container in stack["containers"]]

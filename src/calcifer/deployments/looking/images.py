"""The only place that knows how images are named (OCI distribution specification; distribution/reference); pure."""

from calcifer.deployments.looking.seen import Image

_HUB = ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/", "library/")


def familiar(reference: str) -> str:
    """Return a name as the engine shows it: without the default registry, and with a tag where there is neither tag nor digest."""
    name = next((reference.removeprefix(prefix) for prefix in _HUB if reference.startswith(prefix)), reference)
    return name if has_tag(name) or "@" in name else f"{name}:latest"


def has_tag(reference: str) -> bool:
    """Whether a tag is named; a colon further to the front belongs to a registry's port."""
    return ":" in reference.partition("@")[0].rpartition("/")[2]


def is_fixed(reference: str) -> bool:
    """Whether it names one content, by digest or by the id of an image on the host."""
    return "@sha256:" in reference or reference.startswith("sha256:") or _is_id(reference)


def is_latest(reference: str) -> bool:
    """Whether what it names is whatever is newest: the tag `latest`, or none."""
    return not is_fixed(reference) and familiar(reference).endswith(":latest")


def _is_id(reference: str) -> bool:
    return len(reference) in {12, 64} and not set(reference) - set("0123456789abcdef")


class Shelf:
    """The images of a host: which one a name means there today."""

    def __init__(self, images: list[Image]) -> None:
        """Sort them by tag and by id."""
        self._by_tag = {familiar(tag): image for image in images for tag in image.tags}
        self._by_id = {image.id: image for image in images}

    def named(self, reference: str) -> Image | None:
        """Return the image that a tag means on the host, or None."""
        return None if is_fixed(reference) else self._by_tag.get(familiar(reference))

    def digest(self, image_id: str) -> str:
        """Return the digest by which a registry knows an image, empty where it is from none."""
        image = self._by_id.get(image_id)
        return image.digests[0].rpartition("@")[2] if image and image.digests else ""

    def created(self, image_id: str) -> str:
        """Return the day on which an image was built, or empty."""
        image = self._by_id.get(image_id)
        return image.created if image and not image.created.startswith("0001") else ""

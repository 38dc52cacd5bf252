"""The only place that takes a reference of an image apart (OCI distribution specification; distribution/reference); pure."""

import ipaddress
import re
from dataclasses import dataclass, replace

HUB = "docker.io"
HUB_API = "registry-1.docker.io"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*\Z")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]{2,45}\])(?::[0-9]{1,5})?\Z"
)
LONGEST = 255


@dataclass(frozen=True)
class Reference:
    """An image as a compose file names it, `written`, and where that is; without tag and digest the tag is `latest`."""

    written: str
    registry: str
    repository: str
    tag: str
    digest: str | None = None
    has_tag: bool = True

    @property
    def name(self) -> str:
        """Registry and repository: what tags belong to."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar(self) -> str:
        """The name as people write it, without tag."""
        return self.written.partition("@")[0].removesuffix(f":{self.tag}")

    @property
    def version(self) -> str:
        """Tag and digest as a sentence has them."""
        short = f"@{self.digest[7:19]}" if self.digest else ""
        return f"{self.tag}{short}" if self.has_tag or not short else short

    def at(self, tag: str, digest: str | None) -> "Reference":
        """Return the same image at another tag and digest, written the same way."""
        tagged = self.has_tag or not self.digest or tag != self.tag
        text = self.familiar + (f":{tag}" if tagged else "") + (f"@{digest}" if digest else "")
        return replace(self, written=text, tag=tag, digest=digest, has_tag=tagged)


def read(written: str) -> Reference | None:
    """Return what a reference means, or None for what is none: a variable in it, an image's id, a wrong form."""
    if len(written) > 2 * LONGEST or not written.isascii() or "$" in written or DIGEST.match(written):
        return None
    front, _, digest = written.partition("@")
    if "@" in written and not DIGEST.match(digest):
        return None
    head, slash, rest = front.partition("/")
    if slash and (head == "localhost" or any(char in head for char in ".:[")):
        registry, path = head.lower(), rest
    else:
        registry, path = HUB, front
    name, colon, tag = path.partition(":")
    if registry in {HUB, f"index.{HUB}", HUB_API}:
        registry = HUB
        name = name if "/" in name else f"library/{name}"
    port = registry.rpartition(":")[2]
    if port.isdigit() and not 0 < int(port) < 65536:
        return None
    fits = _is_host(registry) and _REPOSITORY.match(name) and len(name) <= LONGEST and (not colon or TAG.match(tag))
    if not fits:
        return None
    return Reference(written, registry, name, tag or "latest", digest or None, bool(colon))


def _is_host(registry: str) -> bool:
    if registry.startswith("["):
        try:
            ipaddress.IPv6Address(registry[1:].partition("]")[0])
        except ValueError:
            return False
    return _HOST.match(registry) is not None

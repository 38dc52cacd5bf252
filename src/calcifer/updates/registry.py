"""The only place that asks registries (OCI distribution specification 1.1): which tags there are, which content each means.

An image is named in a file that anybody may have written, and so is what a registry answers: sizes, pages, time and addresses are
bounded here and in `kit.guarded`. Signed in is as docker does it (distribution: token authentication), without a name unless this
machine's user has one for the registry.
"""

import json
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from calcifer.kit import guarded
from calcifer.kit.bounded import NotLetIn, TooMany, following
from calcifer.kit.errors import Conflict, NotFound, Unavailable
from calcifer.kit.guarded import Answer, Guard, reach
from calcifer.updates import credentials
from calcifer.updates.references import DIGEST, HUB, HUB_API, TAG

PAGE = 1000
MOST_PAGES = 60
MOST_TAGS = 40_000
IMAGE_SECONDS = 120.0
LONGEST_WAIT_SECONDS = 86_400
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
)
_PARAMETER = re.compile(r'([A-Za-z_]{1,40})="([^"]{0,2000})"')
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}\Z")


class NoRegistry(Conflict):
    """What answered is no registry, or is not to be asked."""


@dataclass(frozen=True)
class Tags:
    """The tags of an image; None where they are the same as those that were told with the same `etag`."""

    names: list[str] | None
    etag: str


@dataclass
class Registry:
    """Asks one registry about one image. `plain` are registries that may be asked without TLS."""

    registry: str
    repository: str
    plain: Collection[str] = ()
    clock: Callable[[], float] = time.monotonic
    _authorization: str = field(default="", repr=False)
    _ends_at: float = 0.0

    def __post_init__(self) -> None:
        """Say where it is; nothing is asked yet."""
        self._ends_at = self.clock() + IMAGE_SECONDS
        host = HUB_API if self.registry == HUB else self.registry
        name = urlsplit(f"//{host}").hostname or ""
        is_plain = self.registry in self.plain or reach(name) == "loopback"
        self.place = f"{'http' if is_plain else 'https'}://{host}"
        near = frozenset({"loopback"}) if reach(name) == "loopback" else frozenset[str]()
        self._guard = Guard(frozenset({"outside", "inside"}) | near)

    def tags(self, etag: str = "") -> Tags:
        """Return the tags of the image, all pages of them, or None for them where nothing has changed since `etag`."""
        names: dict[str, None] = {}
        path, seen, first = f"/v2/{self.repository}/tags/list?n={PAGE}", set[str](), ""
        while path:
            if path in seen or len(seen) >= MOST_PAGES or len(names) > MOST_TAGS:
                raise NoRegistry(f"{self.registry} does not come to an end with the tags of {self.repository}.")
            answer = self._ask(path, headers={"If-None-Match": etag} if etag and not seen else {})
            if answer.status == 304:
                return Tags(None, etag)
            first = first or answer.headers.get("etag", "")[:200]
            seen.add(path)
            names |= dict.fromkeys(self._names(answer))
            path = self._following(answer, path)
        return Tags(list(names), first if len(seen) == 1 else "")

    def digest(self, tag: str) -> str:
        """Return the digest of what a tag means: that of the index where there is one, as the engine shows it."""
        there = f"{self.repository}:{tag}"
        answer = self._ask(f"/v2/{self.repository}/manifests/{tag}", "HEAD", {"Accept": MANIFESTS}, there)
        found = answer.headers.get("docker-content-digest", "")
        if not DIGEST.match(found):
            raise NoRegistry(f"{self.registry} does not say which content {there} has.")
        return found

    def _names(self, answer: Answer) -> list[str]:
        value = self._json(answer)
        found = value.get("tags") if isinstance(value, dict) else None
        if found is None and isinstance(value, dict) and "tags" in value:
            return []  # a repository without tags
        if not isinstance(found, list):
            raise NoRegistry(f"{self.registry} does not answer as a registry does.")
        return [one for one in found if isinstance(one, str) and TAG.match(one)][: MOST_TAGS + 1]

    def _following(self, answer: Answer, path: str) -> str:
        try:
            found = following(self.place + path, answer.headers.get("link", ""))
            url = urlsplit(found or "")
        except ValueError:
            raise NoRegistry(f"{self.registry} names no address for more of its tags.") from None
        if found is None:
            return ""
        # The scheme may be another: behind a proxy some say http of themselves.
        if url.netloc != urlsplit(self.place).netloc or not url.path.startswith("/v2/"):
            raise NoRegistry(f"{self.registry} names another place for more of its tags: it is not asked.")
        return url.path + (f"?{url.query}" if url.query else "")

    # -- questions ----------------------------------------------------------------------------------------------------

    def _ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None, asked_for: str = ""
    ) -> Answer:
        answer = self._once(path, method, headers or {})
        if answer.status == 401:
            self._sign_in(answer)
            answer = self._once(path, method, headers or {})
        if answer.status not in {200, 304}:
            self._refused(answer, asked_for)
        return answer

    def _once(self, path: str, method: str, headers: dict[str, str]) -> Answer:
        if self.clock() > self._ends_at:
            raise Unavailable(f"{self.registry} takes longer than {IMAGE_SECONDS:.0f} seconds for {self.repository}.")
        own = {"Accept": "application/json", **headers}
        if self._authorization:
            own["Authorization"] = self._authorization
        return guarded.ask(self.place + path, self._guard, method=method, headers=own)

    def _sign_in(self, refusal: Answer) -> None:
        known = credentials.find(self.registry)
        kind, _, rest = refusal.headers.get("www-authenticate", "")[:8000].strip().partition(" ")
        if kind.lower() == "basic" and known:
            self._authorization = f"Basic {known}"
            return
        said = {name.lower(): value for name, value in _PARAMETER.findall(rest)}
        if kind.lower() != "bearer" or not said.get("realm"):
            raise self._not_let_in()
        url, guard = self._realm(said["realm"], refusal.reach)
        query = {"scope": f"repository:{self.repository}:pull"}
        if said.get("service"):
            query["service"] = said["service"]
        url += ("&" if "?" in url else "?") + urlencode(query)
        answer = guarded.ask(url, guard, headers={"Authorization": f"Basic {known}"} if known else None)
        if answer.status != 200:
            self._refused(answer)
        value = self._json(answer)
        token = (value.get("token") or value.get("access_token")) if isinstance(value, dict) else None
        if not isinstance(token, str) or not _TOKEN.match(token):
            raise NoRegistry(f"{self.registry} lets nobody in: what it names for signing in gives no token.")
        self._authorization = f"Bearer {token}"

    def _realm(self, realm: str, near: str) -> tuple[str, Guard]:
        """Return where a token is asked for, and how far that may go: no further inside than what answered."""
        try:
            parts = urlsplit(realm)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host, parts = "", urlsplit("")
        if not host or parts.username or not realm.isascii() or re.search(r"[\x00-\x20\x7f]", realm):
            raise NoRegistry(f"{self.registry} names no address for signing in.")
        if f"{parts.scheme}://{parts.netloc}" == self.place:
            return realm, self._guard
        if parts.scheme != "https":
            raise NoRegistry(
                f"{self.registry} wants to be signed in to without TLS, at {host[:200]}: that is not done."
            )
        return realm, Guard(frozenset({"outside", "inside"} if near in {"inside", "loopback"} else {"outside"}))

    def _json(self, answer: Answer) -> Any:
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise NoRegistry(f"{self.registry} does not answer as a registry does.") from None

    def _not_let_in(self) -> NotLetIn:
        return NotLetIn(
            f"{self.registry} does not let Calcifer see {self.repository}, or there is no such image.",
            mend=f"docker login {self.registry}   (as the user that Calcifer runs as; a plain entry, no credential helper)",
        )

    def _refused(self, answer: Answer, asked_for: str = "") -> NoReturn:
        status = answer.status
        if status == 429:
            raise too_many(self.registry, answer.headers.get("retry-after", ""))
        if status in {401, 403}:
            raise self._not_let_in()
        if status == 404:
            raise NotFound(f"{self.registry} has no {asked_for or self.repository}, or not for you.")
        if status >= 500:
            raise Unavailable(f"{self.registry} has a problem of its own ({status}): try again later.")
        if 300 <= status < 400:
            raise NoRegistry(f"{self.registry} leads elsewhere: it is not followed.")
        raise NoRegistry(f"{self.registry} does not take the question ({status}).")


def too_many(registry: str, retry_after: str) -> TooMany:
    """Make the error for a registry that wants to be left alone for a while."""
    seconds = int(retry_after) if re.fullmatch(r"[0-9]{1,9}", retry_after) else TooMany.wait_seconds
    seconds = min(max(seconds, 1), LONGEST_WAIT_SECONDS)
    error = TooMany(f"{registry} takes no more questions for {seconds:,} seconds.", mend="Wait, or docker login there.")
    error.wait_seconds = seconds
    return error

"""A small honest registry on loopback (OCI distribution specification): tags in pages, digests, tokens; or one that does harm."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = Callable[["Request"], bool]


def digest_of(text: str) -> str:
    """The digest that a tag has here: of its name and how often it was pushed."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@dataclass
class Registry:
    """What is in it: tags with their digests by repository; `asked` is every request that came."""

    port: int = 0
    images: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    page: int = 1000
    token: str = ""
    realm: str = ""
    answer: Answer | None = None
    """Answers in its place, where it returns true."""

    @property
    def name(self) -> str:
        """How images in it begin."""
        return f"127.0.0.1:{self.port}"

    def push(self, repository: str, *tags: str, content: str = "") -> None:
        """Let tags mean a content, each its own where none is given."""
        self.images.setdefault(repository, {}).update(
            {tag: digest_of(content or f"{repository}:{tag}") for tag in tags}
        )


class Request(BaseHTTPRequestHandler):
    """One question."""

    registry: Registry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> bool:
        """Answer."""
        registry, url = self.registry, urlsplit(self.path)
        registry.asked.append(f"{self.command} {self.path}")
        if registry.answer is not None and registry.answer(self):
            return True
        if url.path == "/token":
            scope = parse_qs(url.query).get("scope", [""])[0]
            return self.say(200, {"token": f"{registry.token}:{scope}"})
        _, _, rest = url.path.partition("/v2/")
        if registry.token:
            repository = rest.rpartition("/tags/")[0] or rest.rpartition("/manifests/")[0]
            if self.headers.get("Authorization") != f"Bearer {registry.token}:repository:{repository}:pull":
                realm = registry.realm or f"http://{registry.name}/token"
                return self.say(401, {}, {"WWW-Authenticate": f'Bearer realm="{realm}",service="test"'})
        if rest.endswith("/tags/list"):
            return self.tags(rest.removesuffix("/tags/list"), parse_qs(url.query))
        repository, _, tag = rest.rpartition("/manifests/")
        digest = registry.images.get(repository, {}).get(tag)
        if digest is None:
            return self.say(404, {"errors": []})
        assert "image.index" in self.headers["Accept"]
        return self.say(200, {}, {"Docker-Content-Digest": digest})

    do_HEAD = do_GET  # noqa: N815  (the name that http.server looks for)

    def tags(self, repository: str, query: dict[str, list[str]]) -> bool:
        """List tags, a page at a time."""
        if repository not in self.registry.images:
            return self.say(404, {"errors": []})
        names = sorted(self.registry.images[repository])
        etag = f'"{digest_of(" ".join(names))[7:20]}"'
        if self.headers.get("If-None-Match") == etag:
            return self.say(304, None)
        later = [name for name in names if name > query.get("last", [""])[0]]
        shown = later[: self.registry.page]
        more = {"Link": f'</v2/{repository}/tags/list?last={shown[-1]}>; rel="next"'} if later[len(shown) :] else {}
        return self.say(200, {"name": repository, "tags": shown}, more | {"ETag": etag})

    def say(self, status: int, value: Any, headers: dict[str, str] | None = None) -> bool:
        """Send an answer."""
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        return True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Registry]:
    """Serve one that is empty."""
    registry = Registry()
    handler = type("Handler", (Request,), {"registry": registry})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        registry.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()

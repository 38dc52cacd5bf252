"""The only place that serves static files: read once, compressed once, addressed by their content, cached for ever.

All style sheets are one file, all scripts of ours another, so that a first visit stays at a handful of requests.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from starlette.responses import Response

HERE = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
PREFIX = "/static/"


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    path: str
    kind: str
    tag: str
    plain: bytes
    small: bytes


class StaticFiles:
    """Every static file by its name (`vendor/htmx.min.js`); `calcifer.css` and `calcifer.js` are made of many."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        """Read kit's own files and, into the bundles, the `*.css` and `*.js` of the domains' `folders`."""
        folders = list(folders)
        self._assets: dict[str, Asset] = {}
        styles = [
            *sorted((HERE / "css").glob("*.css")),
            *(f for folder in folders for f in sorted(folder.glob("*.css"))),
        ]
        scripts = [*sorted((HERE / "js").glob("*.js")), *(f for folder in folders for f in sorted(folder.glob("*.js")))]
        self._add("calcifer.css", b"\n".join(file.read_bytes() for file in styles))
        self._add("calcifer.js", b"\n".join(file.read_bytes() for file in scripts))
        for file in sorted(HERE.rglob("*")):
            name = str(file.relative_to(HERE))
            if file.is_file() and not name.startswith(("css/", "js/")) and not file.name.startswith("."):
                self._add(name, file.read_bytes())
        self._by_path = {asset.path: asset for asset in self._assets.values()}

    def _add(self, name: str, content: bytes) -> None:
        stem, dot, ending = name.rpartition(".")
        tag = hashlib.sha256(content).hexdigest()[:12]
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        kind += "; charset=utf-8" if kind.startswith("text/") else ""
        self._assets[name] = Asset(
            f"{PREFIX}{stem}.{tag}{dot}{ending}", kind, tag, content, gzip.compress(content, 9, mtime=0)
        )

    def path(self, name: str) -> str | None:
        """Return the address of a file, or None where it has not been built (the vendor folder)."""
        asset = self._assets.get(name)
        return asset.path if asset else None

    async def answer(self, request: Request) -> Response:
        """Send the file that the address names."""
        asset = self._by_path.get(request.url.path)
        if asset is None:
            return Response("There is no such file.", 404, media_type="text/plain")
        headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding", "ETag": f'"{asset.tag}"'}
        if "gzip" in request.headers.get("accept-encoding", "") and len(asset.small) < len(asset.plain):
            return Response(asset.small, media_type=asset.kind, headers=headers | {"Content-Encoding": "gzip"})
        return Response(asset.plain, media_type=asset.kind, headers=headers)

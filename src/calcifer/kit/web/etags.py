"""The only place for entity tags (RFC 9110, 8.8.3): what a program read is what it changes."""

import hashlib

from fastapi import Request
from starlette.responses import Response

from calcifer.kit.errors import Conflict


class PreconditionFailed(Conflict):
    """The thing has changed since it was read; API status 412."""


def etag(response: Response, *parts: object) -> str:
    """Set and return the strong tag of a version made of `parts` (a commit, an updated_at, a counter)."""
    tag = _tag(parts)
    response.headers["ETag"] = tag
    return tag


def check_if_match(request: Request, *parts: object) -> None:
    """Raise PreconditionFailed where the request names another version; weak tags never match (RFC 9110, 13.1.1)."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return
    if _tag(parts) not in [tag.strip() for tag in header.split(",")]:
        raise PreconditionFailed(
            "It has changed since you read it: read it again, and repeat the change on what is there now."
        )


def _tag(parts: tuple[object, ...]) -> str:
    return '"' + hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:24] + '"'

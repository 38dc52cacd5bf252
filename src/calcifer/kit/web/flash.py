"""The only place for the sentence that the next page shows once.

It travels in a cookie, signed with the sign-in's form token: a message taken from the address or from a cookie that another service
on this host has set would put words into our mouth.
"""

import base64
import hashlib
import hmac

from fastapi import Request
from starlette.responses import Response

from calcifer.kit.web.gate import is_encrypted

COOKIE = "calcifer_flash"
LONGEST = 600


def _signature(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def put(request: Request, response: Response, sentence: str) -> None:
    """Let the next page of this sign-in show `sentence`."""
    identity = request.state.identity
    if identity is None or identity.form_token is None:
        return
    text = sentence if len(sentence) <= LONGEST else sentence[: LONGEST - 1] + "…"
    value = base64.urlsafe_b64encode(text.encode()).decode() + "." + _signature(identity.form_token, text)
    response.set_cookie(COOKIE, value, max_age=60, httponly=True, samesite="lax", secure=is_encrypted(request))


def take(request: Request) -> str | None:
    """Return the sentence that is waiting, if it is ours."""
    identity = request.state.identity
    raw, _, signature = request.cookies.get(COOKIE, "").partition(".")
    if not raw or identity is None or identity.form_token is None:
        return None
    try:
        text = base64.urlsafe_b64decode(raw).decode()
    except ValueError:  # not base64, not UTF-8
        return None
    return text if hmac.compare_digest(signature.encode(), _signature(identity.form_token, text).encode()) else None

"""The only place for what a form carries: its token, and after a refusal what was typed and what was wrong with it."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from calcifer.kit.errors import Forbidden

FIELD = "form_token"
HEADER = "x-form-token"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
LARGEST_FIELD_BYTES = 4_000_000
SAFE_TO_REPEAT = (
    "The form was made before the last sign-in. Nothing has been changed; look at it again and send it once more."
)
NO_HEADER = (
    "A request that a browser's cookie vouches for needs the header X-Form-Token, with the token in the forms of its pages; "
    "a program sends `Authorization: Bearer …` instead. Nothing has been changed."
)


class FormOutdated(Forbidden):
    """The form's token does not belong to this sign-in."""


@dataclass(frozen=True)
class Form:
    """What a template fills its fields with; on an ordinary page only `token` is set.

    `action` is the address that refused the input; `errors` maps field names to sentences.
    """

    token: str = ""
    action: str | None = None
    values: Mapping[str, list[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None
    mend: str | None = None

    def to(self, action: str) -> "Form":
        """Return this form if it was sent to `action`, else an empty one: a page may hold many."""
        if self.action is None:
            return self
        path, _, query = action.partition("?")
        own_path, _, own_query = self.action.partition("?")
        is_own = path == own_path and (not query or parse_qsl(query) == parse_qsl(own_query))
        return self if is_own else Form(self.token)

    def value(self, name: str, default: object = "") -> str:
        """Return what was typed into `name`, else `default`."""
        if self.action is None:
            return "" if default is None else str(default)
        return (self.values.get(name) or [""])[0]

    def chosen(self, name: str, option: object, default: object = None) -> bool:
        """Say whether `option` of a select, radio or checkbox is on; `default` is a value or a list of values."""
        if self.action is not None:
            return str(option) in self.values.get(name, [])
        if isinstance(default, list | tuple | set | frozenset):
            return option in default
        return str(option) == str(default)

    def error(self, name: str) -> str | None:
        """Return the sentence about `name`, if something is wrong with it."""
        return self.errors.get(name)


async def typed(request: Request) -> dict[str, list[str]]:
    """Return the text fields of the request's form; files cannot be given back to a browser."""
    if not request.headers.get("content-type", "").startswith(FORMS):
        return {}
    values: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if not isinstance(value, UploadFile) and name != FIELD:
            values.setdefault(name, []).append(value)
    return values


class WithoutToken(Request):
    """A request whose form is read already, without the token: no schema has to know of it."""

    def __init__(self, request: Request, form: FormData) -> None:
        """Take everything but the form from `request`."""
        super().__init__(request.scope, request.receive)
        self._form = form


async def checked(request: Request) -> Request:
    """Return the request for the handler; raises FormOutdated where a cookie vouches for it and no form of ours does.

    A request with an API token needs none: no browser sends that by itself.
    """
    form = None
    sent: object = request.headers.get(HEADER)
    if request.headers.get("content-type", "").startswith(FORMS):
        form = await request.form(max_part_size=LARGEST_FIELD_BYTES)
        sent = sent or form.get(FIELD)
    identity = request.state.identity
    wanted = identity.form_token if identity is not None else None
    if wanted is not None and not (isinstance(sent, str) and hmac.compare_digest(sent.encode(), wanted.encode())):
        raise FormOutdated(NO_HEADER if request.url.path.startswith("/api/") else SAFE_TO_REPEAT)
    if form is None:
        return request
    return WithoutToken(request, FormData([(name, value) for name, value in form.multi_items() if name != FIELD]))

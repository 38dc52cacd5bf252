"""The only place for how the API tells what went wrong: problem details (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Not signed in",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid",
    429: "Too many attempts",
    500: "Calcifer failed",
    503: "Unavailable",
}


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(
        default="about:blank", description="The kind of problem, `about:blank` where the status says it all."
    )
    title: str = Field(description="The kind of problem in words.", examples=["Conflict"])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(description="What is wrong, in whole sentences.", examples=["#42 is completed already."])
    mend: str | None = Field(default=None, description="The command or step that resolves it.")
    fields: dict[str, str] | None = Field(
        default=None, description="For 422: the name of each field, and what is wrong with it."
    )
    request_id: str | None = Field(default=None, description="Find this in the log of the server.")


def _documented(status: int) -> dict[str, Any]:
    return {
        "description": TITLES[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: _documented(status) for status in (400, 401, 403, 404, 405, 409, 412, 413, 422, 429, 503)
}


def problem_response(
    status: int,
    title: str | None,
    detail: str,
    *,
    mend: str | None = None,
    fields: dict[str, str] | None = None,
    request_id: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make the answer; `title` None takes the usual one of the status."""
    problem = Problem(
        title=title or TITLES.get(status, "Error"),
        status=status,
        detail=detail,
        mend=mend,
        fields=fields or None,
        request_id=request_id,
    )
    return Response(
        problem.model_dump_json(exclude_none=True),
        status,
        media_type=MEDIA_TYPE,
        headers=dict(headers) if headers else None,
    )

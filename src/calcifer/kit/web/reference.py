"""The page that shows the API from its own OpenAPI document: without scripts, without anything from elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from calcifer.kit.web.answers import page
from calcifer.kit.web.routers import Pages

router = Pages("api", prefix="/api/docs")


@dataclass(frozen=True)
class Operation:
    """One call as the page shows it."""

    group: str
    name: str
    method: str
    path: str
    text: str
    inputs: list[tuple[str, str, str, bool]]
    """Name, where, what it is, whether it is needed."""
    answers: list[str]


@router.get("")
def reference(request: Request) -> HTMLResponse:
    """Show every call."""
    document = request.app.openapi()
    groups: dict[str, list[Operation]] = {}
    for operation in operations(document):
        groups.setdefault(operation.group, []).append(operation)
    return page(request, "kit/reference.html", groups=groups)


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    """Yield the operations of an OpenAPI document."""
    for path, methods in document["paths"].items():
        for method, raw in methods.items():
            yield Operation(
                group=(raw.get("tags") or ["other"])[0],
                name=raw.get("operationId", ""),
                method=method.upper(),
                path=path,
                text=raw.get("description") or raw.get("summary", ""),
                inputs=[*_parameters(raw), *_fields(document, raw)],
                answers=sorted(raw["responses"]),
            )


def _parameters(raw: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    for one in raw.get("parameters", []):
        yield one["name"], one["in"], _about(one.get("schema", {}), one.get("description")), one.get("required", False)


def _fields(document: dict[str, Any], raw: dict[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    body = raw.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = body.get("$ref", "").rpartition("/")[2]
    schema = document["components"]["schemas"].get(name, body)
    for field, about in schema.get("properties", {}).items():
        yield field, "body", _about(about, about.get("description")), field in schema.get("required", [])


def _about(schema: dict[str, Any], description: str | None) -> str:
    kinds = [_kind(one) for one in schema.get("anyOf", [schema])]
    return ", ".join(part for part in (" or ".join(kinds), description) if part)


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("type") or schema.get("$ref", "").rpartition("/")[2] or "anything")

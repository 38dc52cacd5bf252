"""Schemathesis over the OpenAPI document, signed in: whatever is sent, no answer is a 5xx, and each is one that is documented."""

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from calcifer.wiring import Wiring
from tests.owner import API_TOKEN
from tests.work import factories

EXAMPLES = 12
TOKEN = {"Authorization": f"Bearer {API_TOKEN}"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]


def operations(app: FastAPI) -> list[Any]:
    """Return every operation of the document, readable and changing."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    results: list[Any] = list(schema.get_all_operations())
    return [found.ok() for found in results]


def fuzzed(operation: Any) -> Callable[[], None]:
    """Make the property: what fits the schema, and what does not, is answered as documented."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        case.call_and_validate(headers=TOKEN, checks=CHECKS)

    return answers


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_nothing_that_is_sent_breaks_the_server(app: FastAPI, wiring: Wiring) -> None:
    factories.service(wiring)
    factories.completed(wiring)
    factories.ready(wiring)
    found = operations(app)
    assert len(found) > 25
    broken = [wrong for operation in found if (wrong := failure_of(fuzzed(operation)))]
    assert not broken, "\n\n".join(broken)


def failure_of(act: Callable[[], None]) -> str:
    """Return what went wrong, so that one run tells all of it."""
    try:
        act()
    except BaseExceptionGroup as group:
        return "\n".join(str(one) for one in group.exceptions)
    return ""

"""What an engine says that wants to do harm, or says too much."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calcifer.deployments.looking import judging, running
from calcifer.deployments.looking.reading import read
from calcifer.kit.errors import CalciferError, Conflict
from tests.deployments.looking.conftest import RECORDED
from tests.deployments.looking.saying import ANONYMOUS, DATA, PLAIN, ROOT, judged, said
from tests.pace import at_most


def texts(value: object) -> list[str]:
    """Every text in it."""
    if isinstance(value, dict):
        return [text for one in value.items() for part in one for text in texts(part)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


LINES = [line for line in RECORDED.splitlines() if line]


@given(
    st.one_of(st.binary(max_size=2000), st.lists(st.sampled_from(LINES)).map(lambda lines: "\n".join(lines).encode()))
)
def test_whatever_a_host_says_is_read_or_refused(answer: bytes) -> None:
    try:
        seen = read(answer, "alpha")
    except CalciferError as error:
        assert isinstance(error, Conflict)  # noqa: PT017
        return
    found = judging.judge(seen, root=ROOT, adopting=str)
    assert all(text.isprintable() for text in texts(found))


VALUES: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
SHAPES = (
    VALUES
    | st.lists(VALUES, max_size=3)
    | st.lists(st.dictionaries(st.sampled_from(["Type", "HostPort"]), VALUES), max_size=2)
)

SHAPES |= st.dictionaries(st.text(max_size=5), st.lists(SHAPES, max_size=2), max_size=2)
KEYS = [*PLAIN, "id", "name", "ports", "mounts", "addresses", "stack", "started", "files"]


@given(st.dictionaries(st.sampled_from(KEYS), SHAPES))
def test_a_container_of_any_shape_is_read(container: dict[str, Any]) -> None:
    assert all(text.isprintable() for text in texts(judged(said(container))))


def test_names_with_control_characters_and_commands() -> None:
    evil = "a\x1b[2J\u202e'; rm -rf ~ #"
    found = judged(
        said({"stack": evil, "service": evil, "name": f"/{evil}", "status": "dead", "directory": f"/{evil}"})
    )
    assert all(text.isprintable() for text in texts(found))
    assert found["problems"][0]["mend"].startswith("docker logs --tail 50 'a")
    assert "'\"'\"'; rm -rf ~ #'" in found["problems"][0]["mend"]


def test_ten_thousand_containers() -> None:
    web = {
        "restart": "",
        "check": [],
        "ref": "nginx",
        "mounts": [DATA, ANONYMOUS],
        "status": "running",
        "privileged": True,
    }
    many = said(
        *(web | {"stack": f"s{number % 3000}", "service": f"app{number}"} for number in range(8000)),
        *(web | {"status": "dead"} for _ in range(2000)),
    )
    with at_most(20):
        found = judged(many)
    assert found["container_count"] == 10_000
    assert len(found["stacks"]) == judging.MOST_STACKS
    assert len(found["problems"]) <= running.MOST_FAILING + 20
    assert sum(one["places"] for one in found["problems"] if one["kind"] == "restart") == 8000
    assert len(json.dumps(found)) < 3_000_000

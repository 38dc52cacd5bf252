"""How long what runs is looked at until it counts as in service: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from calcifer.deployments.drivers.compose import Container, State
from calcifer.deployments.verdict import judge, settles_in

pytestmark = pytest.mark.once
NOW = datetime(2026, 12, 1, tzinfo=UTC)
WEB = Container(
    "1", "web-1", "web", "h", "i", "r", "running", 0, "", (NOW - timedelta(seconds=2)).isoformat(), 0, "always"
)
HEALTHY = replace(WEB, health="healthy")


def state(*containers: Container) -> State:
    return State("web", hashes={"web": "h"}, containers=containers, now=NOW)


def test_without_a_health_check_it_is_five_seconds_from_its_start() -> None:
    assert judge(state(WEB)).standing == "settling"
    assert settles_in(state(WEB), good_for=9) == 3
    old = replace(WEB, started=(NOW - timedelta(seconds=5)).isoformat())
    assert judge(state(old)).standing == "good"
    assert settles_in(state(old)) == 0


def test_with_one_it_is_five_seconds_from_when_all_were_well() -> None:
    assert judge(state(HEALTHY)).standing == "good"
    assert settles_in(state(HEALTHY), good_for=1) == 4
    assert settles_in(state(HEALTHY), good_for=6) < 0.001


def test_what_was_there_before_is_not_waited_for() -> None:
    assert settles_in(state(HEALTHY), {(HEALTHY.id, HEALTHY.started)}) == 0
    assert settles_in(state(replace(HEALTHY, started=NOW.isoformat())), {(HEALTHY.id, HEALTHY.started)}) == 5


def test_what_is_not_well_yet_counts_more_than_what_settles() -> None:
    other = replace(WEB, service="db", health="starting")
    both = replace(state(WEB, other), hashes={"web": "h", "db": "h"})
    assert judge(both).standing == "waiting"

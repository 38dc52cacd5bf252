"""The gate: which rules a policy applies, and what a waiver does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from calcifer.kit.errors import NotFound
from calcifer.work import policies
from calcifer.work.policies import POLICIES, SOLID, gate, get
from calcifer.work.rules import RULES, Case, Rule, Verdict
from tests.source import ROOT
from tests.work.rules.cases import Files, case


@pytest.fixture
def counted() -> Iterator[list[str]]:
    """Two rules of this test's own, `pure` and `live`, that note when they are asked and fail."""
    asked: list[str] = []

    def judge(name: str) -> Rule:
        def asked_for(_: Case) -> Verdict:
            asked.append(name)
            return Verdict(name, "fail", "No.", "x")

        return Rule(name, name, asked_for, live=name == "live")

    policies._known.clear()  # commits of other tests have the same content, so the same names
    RULES["pure"], RULES["live"] = judge("pure"), judge("live")
    yield asked
    del RULES["pure"], RULES["live"]


def policy(*names: str, waivable: bool = True) -> policies.Policy:
    """A policy of these rules."""
    return policies.Policy("own", names, frozenset(names if waivable else ()))


def states(judged: Case, name: str, **waivers: str) -> dict[str, str]:
    """The states of the gate by rule."""
    return {verdict.rule: verdict.state for verdict in gate(judged, get(name), waivers)}


def test_solo_is_the_default() -> None:
    assert get(None) == get("") == get("solo") == POLICIES["solo"]


def test_an_unknown_policy_neither_loosens_nor_locks_out() -> None:
    assert get("stritc").name == "team"
    assert "stritc" in get("stritc").notice
    assert not get("stritc").verify_required


def test_what_may_be_waived() -> None:
    every = set(RULES)
    assert {name: every - get(name).waivable for name in POLICIES} == {
        "solo": {"merge", "checkout", "records", "commits", "host_reach"},
        "team": {"merge", "checkout", "records", "commits", "host_reach"} | {"secrets", "verify"},
        "strict": every,
    }


def test_the_documentation_has_every_rule_and_policy() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert [name for name in (*RULES, *POLICIES) if f"| `{name}` |" not in page] == []


def test_the_gate_has_every_rule_in_order(tmp_path: Path) -> None:
    targets: Files = {".calcifer/service.yaml": "targets: [{host: alpha}]\n"}
    shared = case(tmp_path, targets, {"a": "b"}, folders={"": "stacks", "web": "web"})
    assert [verdict.rule for verdict in gate(shared, get("solo"), {})] == list(policies.ALL)
    alone = [verdict.rule for verdict in gate(replace(shared, folders={}), get("solo"), {})]
    assert alone == [name for name in policies.ALL if name != "folder"]
    assert policies.ALL[:3] == ("commits", "merge", "checkout")


def test_a_case_without_fault_passes(tmp_path: Path) -> None:
    assert set(states(case(tmp_path, {}, {"a": "b"}), "solo").values()) == {"pass"}


def test_a_waiver_turns_a_failure(tmp_path: Path) -> None:
    judged = case(tmp_path, {}, {"a": "b"}, notes="")
    assert states(judged, "solo")["notes"] == "fail"
    verdicts = gate(judged, get("solo"), {"notes": "One letter (Ada, 2026-01-31)"})
    waived = next(verdict for verdict in verdicts if verdict.rule == "notes")
    assert (waived.state, waived.lets_through) == ("waived", True)
    assert waived.evidence[0] == "Waived: One letter (Ada, 2026-01-31)"


def test_a_waiver_does_nothing_where_the_rule_passes_or_the_policy_forbids(tmp_path: Path) -> None:
    judged = case(tmp_path, {}, {"a": "b"}, notes="", obstacles=("a in /srv/web",))
    assert states(judged, "solo", commits="why", checkout="why")["commits"] == "pass"
    assert states(judged, "solo", checkout="why")["checkout"] == "fail"
    assert states(judged, "strict", notes="why")["notes"] == "fail"
    assert set(SOLID) >= {"checkout", "merge"}


def test_pure_rules_are_asked_once_and_live_ones_each_time(tmp_path: Path, counted: list[str]) -> None:
    judged = case(tmp_path, {}, {"a": "b"})
    for _ in range(3):
        gate(judged, policy("pure", "live"), {})
    assert sorted(counted) == ["live", "live", "live", "pure"]


@pytest.mark.parametrize("changed", [{"notes": "x"}, {"head": ""}, {"checklist": ()}, {"is_express": True}])
def test_a_pure_rule_is_asked_again_when_anything_changed(
    tmp_path: Path, counted: list[str], changed: dict[str, object]
) -> None:
    judged = case(tmp_path, {}, {"a": "b"})
    gate(judged, policy("pure"), {})
    values = {name: getattr(judged, name) for name in Case.__dataclass_fields__} | changed
    gate(Case(**(values | ({"head": judged.main} if "head" in changed else {}))), policy("pure"), {})
    assert counted == ["pure", "pure"]


def test_what_cannot_be_judged_is_pending_and_not_kept(tmp_path: Path, counted: list[str]) -> None:
    def gone(_: Case) -> Verdict:
        raise NotFound("web has no file object 1234.")

    RULES["pure"] = Rule("pure", "pure", gone)
    judged = case(tmp_path, {}, {"a": "b"})
    (verdict,) = gate(judged, policy("pure"), {})
    assert (verdict.state, verdict.lets_through) == ("pending", False)
    assert "1234" in verdict.sentence
    RULES["pure"] = Rule("pure", "pure", lambda _: Verdict("pure", "pass", "Yes."))
    assert gate(judged, policy("pure"), {})[0].state == "pass"

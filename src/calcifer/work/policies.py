"""The policies of services: which rules apply, which of them a person may waive, and the gate that they make together.

`solo` (the default) applies every rule and lets all be waived but those without which a merge would lose something (`SOLID`).
`team` lets neither secrets nor a failed verification be waived. `strict` lets nothing be waived and wants a verify command.
A policy of another name counts as `team`: a slip of the pen must not loosen a service, nor lock out the item that mends it.
"""

import hashlib
import pkgutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module

from calcifer.kit.errors import CalciferError
from calcifer.work import rules
from calcifer.work.rules import RULES, Case, Rule, Verdict

for _module in pkgutil.iter_modules(rules.__path__):
    import_module(f"{rules.__name__}.{_module.name}")

SOLID = frozenset({"commits", "merge", "checkout", "records", "host_reach"})
"""Never waived: without them there is nothing to merge, the merge loses somebody's work or rewrites history, or a host is its
author's; what a host's owner lets through is approved, and not waived."""

_FIRST = ("commits", "merge", "checkout", "checklist", "notes", "entry", "documentation")
ALL = tuple(sorted(RULES, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)))
"""Every rule, in the order in which people meet them."""


@dataclass(frozen=True)
class Policy:
    """What a service asks of its items; `notice` says so where this is not what its descriptor names."""

    name: str
    rules: tuple[str, ...]
    waivable: frozenset[str]
    verify_required: bool = False
    notice: str = ""


POLICIES = {
    "solo": Policy("solo", ALL, frozenset(ALL) - SOLID),
    "team": Policy("team", ALL, frozenset(ALL) - SOLID - {"secrets", "verify"}),
    "strict": Policy("strict", ALL, frozenset(), verify_required=True),
}
DEFAULT = "solo"
UNKNOWN = "team"


def get(name: str | None) -> Policy:
    """Return the policy of this name, `solo` where there is none, `team` with a notice where nobody knows the name."""
    known = POLICIES.get(name or DEFAULT)
    if known is not None:
        return known
    notice = f"There is no policy '{name}' (but {', '.join(POLICIES)}): '{UNKNOWN}' is in force."
    return replace(POLICIES[UNKNOWN], notice=notice)


def gate(case: Case, policy: Policy, waivers: Mapping[str, str]) -> list[Verdict]:
    """Return the verdict of each rule of the policy, in its order.

    `waivers` maps rules to the reason for letting them pass; it turns "fail" and "pending" into "waived", with the reason
    as evidence, where the policy allows that. Verdicts of rules that are not live are kept by what they depend on.
    """
    chosen = [rule for name in policy.rules if (rule := RULES[name]).applies(case)]
    settled = _settled(case, tuple(rule for rule in chosen if not rule.live))
    verdicts = [settled.get(rule.name) or _judged(rule, case) for rule in chosen]
    return [_waived(verdict, waivers) if verdict.rule in policy.waivable else verdict for verdict in verdicts]


def _waived(verdict: Verdict, waivers: Mapping[str, str]) -> Verdict:
    if verdict.lets_through or verdict.rule not in waivers:
        return verdict
    return replace(verdict, state="waived", evidence=(f"Waived: {waivers[verdict.rule]}", *verdict.evidence))


def _judged(rule: Rule, case: Case) -> Verdict:
    try:
        return rule.judge(case)
    except CalciferError as error:  # an object that is gone, say; the page must still show the other verdicts
        return Verdict(rule.name, "pending", f"This could not be judged: {error.message}", error.mend or "")


_KEPT = 2048
_lock = threading.Lock()
_known: dict[bytes, dict[str, Verdict]] = {}


def _settled(case: Case, chosen: tuple[Rule, ...]) -> dict[str, Verdict]:
    key = _key(case, chosen)
    verdicts = _known.get(key)
    if verdicts is None:
        verdicts = {rule.name: _judged(rule, case) for rule in chosen}
        if any(verdict.state == "pending" for verdict in verdicts.values()):
            return verdicts
        with _lock:
            if len(_known) >= _KEPT:
                _known.pop(next(iter(_known)))
            _known[key] = verdicts
    return verdicts


def _key(case: Case, chosen: tuple[Rule, ...]) -> bytes:
    """Name everything that these rules look at: commits by their ids, the item's texts by their content.

    Not the item's revision: a unit that is rolled back takes its number back, and another one uses it for other texts.
    """
    said = (case.number, case.branch, case.title, case.reason, case.notes, case.docs_reason, case.is_express)
    seen = (
        *said,
        case.checklist,
        case.folder,
        sorted(case.folders),
        case.main,
        case.head,
        [rule.name for rule in chosen],
    )
    return hashlib.blake2b(repr(seen).encode("utf-8", "surrogatepass"), digest_size=20).digest()

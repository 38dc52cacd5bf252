"""The rule `verify`: the repository's own command passes on the merge result."""

from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.rules.descriptor import described


@rule("verify", "Verification passes", live=True)
def verify(case: Case) -> Verdict:
    """Answer what the last run of this command on this very tree came to; a run on any other tree says nothing."""
    if not case.verify:
        return _without(case)
    if not case.merge.tree:
        return Verdict(
            "verify", "pending", "What does not merge cannot be verified.", f"calcifer work update {case.number}"
        )
    if case.verification is None:
        return Verdict("verify", "pending", "The verify command has not run.", f"calcifer work verify {case.number}")
    return case.verification(case.merge.tree, case.verify)


def _without(case: Case) -> Verdict:
    if not case.verify_required:
        return Verdict("verify", "pass", "The service has no verify command.")
    brought = described(case).descriptor
    if brought and brought.verify:  # else no item could ever bring the first one
        return Verdict("verify", "pass", "The branch brings a verify command, which holds from its completion on.")
    mend = "Add a line such as `verify: pytest -q` to .calcifer/service.yaml on the branch"
    return Verdict("verify", "fail", "The policy asks for a verify command, and the service has none.", mend)

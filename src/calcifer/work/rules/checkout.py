"""The rule `checkout`: completion would overwrite nothing that lies in a checkout of main."""

from calcifer.kit.git.names import visible
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted


@rule("checkout", "Checkout of main not in the way", live=True)
def checkout(case: Case) -> Verdict:
    """Judge what the case found on disk just now."""
    if not case.obstacles:
        return Verdict("checkout", "pass", "No checkout of main is in the way.")
    return Verdict(
        "checkout",
        "fail",
        f"In a checkout of main {counted(len(case.obstacles), 'file')} {'is' if len(case.obstacles) == 1 else 'are'} in the way.",
        'Commit these edits as an item of their own (calcifer work collect SERVICE -m "…"), move them away or undo them',
        tuple(visible(path) for path in case.obstacles),
    )

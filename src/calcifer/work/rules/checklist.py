"""The rule `checklist`: every line is ticked."""

from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted


@rule("checklist", "Checklist done")
def checklist(case: Case) -> Verdict:
    """Pass an empty list: what an item needs is up to its template and to people."""
    undone = [(number, line.text) for number, line in enumerate(case.checklist, start=1) if not line.done]
    if not case.checklist:
        return Verdict("checklist", "pass", "There is no checklist.")
    if not undone:
        return Verdict("checklist", "pass", f"All of the checklist is done ({counted(len(case.checklist), 'line')}).")
    first = undone[0][0]
    return Verdict(
        "checklist",
        "fail",
        f"{len(undone)} of {counted(len(case.checklist), 'line')} of the checklist "
        f"{'is' if len(undone) == 1 else 'are'} not done.",
        f"calcifer work tick {case.number} {first} (or, where it does not apply: "
        f"calcifer work remove {case.number} {first})",
        tuple(f"{number}. {text}" for number, text in undone),
    )

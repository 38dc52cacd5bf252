"""The rule `notes`: they say something."""

from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import said


@rule("notes", "Notes say something")
def notes(case: Case) -> Verdict:
    """Count neither white space nor headings, comments, empty lists and placeholders."""
    if said(case.notes):
        return Verdict("notes", "pass", "There are notes.")
    what = "The notes are nothing but a form." if case.notes.strip() else "There are no notes."
    mend = (
        f'Write what you found out and did: calcifer work edit {case.number} --notes "…", or “Edit” on the item\'s page'
    )
    return Verdict("notes", "fail", what, mend)

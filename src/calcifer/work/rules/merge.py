"""The rule `merge`: the branch merges cleanly into main as it is now."""

from calcifer.kit.git.names import visible
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted


@rule("merge", "Merges cleanly")
def merge(case: Case) -> Verdict:
    """Name the files in which both sides changed the same lines."""
    conflicts = case.merge.conflicts
    if case.merge.tree:
        return Verdict("merge", "pass", "It merges cleanly.")
    return Verdict(
        "merge",
        "fail",
        f"Main and the branch changed the same lines of {counted(len(conflicts), 'file')}.",
        f"calcifer work update {case.number}, and say how both go together",
        tuple(visible(path) for path in conflicts),
    )

"""The rule `commits`: the branch brings something that main lacks."""

import re

from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted

LOOK = 500


@rule("commits", "Has commits")
def commits(case: Case) -> Verdict:
    """Tell an empty new branch from one that was merged by hand: neither is "merged" in the sense of a completion."""
    # Not by counting how far apart both are: how much main has gone on since is nothing that this rule asks.
    mine = len(case.repository.log(case.head, without=case.main, limit=LOOK))
    if not mine:
        return _nothing(case)
    brings = [change.path for change in case.changes if change.path != case.fragment]
    has = f"The branch has {'at least ' if mine == LOOK else ''}{counted(mine, 'commit')} that main lacks"
    if brings or not case.merge.tree:
        return Verdict("commits", "pass", f"{has}.")
    since = case.repository.merge_base(case.main, case.head)
    touched = [change.path for change in case.repository.changes(since, case.head) if change.path != case.fragment]
    if touched or not case.changes:
        return Verdict(
            "commits",
            "fail",
            f"{has}, but {'it changes' if mine == 1 else 'they change'} nothing: that is all on main already.",
            f"Where that is right: calcifer work drop {case.number}",
            tuple(touched[:20]),
        )
    return Verdict("commits", "pass", f"{has}; {'it brings' if mine == 1 else 'they bring'} its change entry alone.")


def _nothing(case: Case) -> Verdict:
    own = re.search(rf"^Work-Item: {case.number}\s*$", case.repository.commit(case.head).message, re.MULTILINE)
    if own or not _on_main_line(case):
        return Verdict(
            "commits",
            "fail",
            "The branch was merged already, but not by completing: main has all of its commits.",
            f'The entry alone is enough: calcifer work commit {case.number} -m "Merged by hand" --entry "…"; then complete',
        )
    mend = (
        f"Edit a file on the item's page, or in a worktree (calcifer work checkout {case.number}), then: "
        f'calcifer work commit {case.number} -m "…" --entry "…"'
    )
    return Verdict("commits", "fail", "Nothing was committed yet.", mend)


def _on_main_line(case: Case) -> bool:
    """Whether head is where a branch begins: a commit that was main itself once (of the last 500)."""
    recent = case.repository.log(case.main, limit=LOOK, first_parent=True)
    return len(recent) == LOOK or any(commit.oid == case.head for commit in recent)

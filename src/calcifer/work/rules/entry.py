"""The rule `entry`: the branch has the item's change entry, and no other item's."""

import re

from calcifer.kit.git.names import visible
from calcifer.services.folders import relative
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import said

ENTRY_BYTES = 65_536
FILES = frozenset({0o100644, 0o100755})
_FRAGMENT = re.compile(r"changes\.d/\d+\.md\Z", re.IGNORECASE)


@rule("entry", "Change entry present")
def entry(case: Case) -> Verdict:
    """Read the fragment from the merge result, never from a working tree."""
    entries = (c.path for c in case.changes if _is_entry(case, c.path))
    foreign = [path for path in entries if path != case.fragment]
    if foreign:
        return Verdict(
            "entry",
            "fail",
            "The branch touches change entries of other items.",
            f"In the item's worktree (calcifer work checkout {case.number}) take them back: git checkout {case.main[:12]} -- "
            f'changes.d, or git rm where main has none; then: calcifer work commit {case.number} -m "…"',
            tuple(visible(path) for path in foreign),
        )
    wrong = _wrong(case)
    if not wrong:
        return Verdict("entry", "pass", "There is a change entry.", evidence=(case.fragment,))
    mend = f'calcifer work commit {case.number} -m "…" --entry "What is different now, for who runs it"'
    return Verdict("entry", "fail", wrong, mend, (case.fragment,))


def _is_entry(case: Case, path: str) -> bool:
    return any(_FRAGMENT.match(relative(folder, path)) for folder in {"", case.folder, *case.folders})


def _wrong(case: Case) -> str:
    stored = case.repository.entry(case.tree, case.fragment)
    if stored is None:
        return f"There is no change entry {case.fragment} on the branch."
    if stored.mode not in FILES:
        return "The change entry is a link or a submodule, not a file."
    if case.repository.size(stored.oid) > ENTRY_BYTES:
        return "The change entry is over 64 kB: it is what people read in CHANGES, the rest belongs into notes or docs."
    try:
        text = case.repository.blob(stored.oid).decode()
    except UnicodeDecodeError:
        return "The change entry is no UTF-8 text."
    return "" if said(text) else "The change entry says nothing."

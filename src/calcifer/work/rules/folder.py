"""The rule `folder`: where services share a repository, an item of one leaves the files of the others alone."""

from calcifer.kit.git.names import visible
from calcifer.services.folders import owner
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted

SHOWN = 50


@rule("folder", "Stays with its service", live=True, applies=lambda case: bool(case.folders))
def folder(case: Case) -> Verdict:
    """Let what belongs to no service or to the rest be changed, and tell it; what belongs to another's folder has rules there."""
    beside = [(change.path, owner(change.path, case.folders)) for change in case.changes]
    others = [(path, at) for path, at in beside if at and at != case.folder]
    shared = [visible(path) for path, at in beside if not at and case.folder]
    if others:
        names = ", ".join(sorted({case.folders[at] for _, at in others}))
        is_one = len(others) == 1
        return Verdict(
            "folder",
            "fail",
            f"{counted(len(others), 'file')} of the diff {'belongs' if is_one else 'belong'} to {names}, "
            "whose rules nobody asks here.",
            f"Change {'it' if is_one else 'them'} in an item of that service, and take {'it' if is_one else 'them'} back here: "
            f"git checkout {case.main[:12]} -- PATH in the item's worktree (calcifer work checkout {case.number})",
            tuple(visible(path) for path, _ in others[:SHOWN]),
        )
    if shared:
        said = f"It also changes {counted(len(shared), 'file')} that the services of this repository share."
        return Verdict("folder", "pass", said, evidence=tuple(shared[:SHOWN]))
    return Verdict("folder", "pass", "It changes files of its own service alone.")

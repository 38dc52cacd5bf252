"""The rule `records`: only a completion writes records."""

from calcifer.kit.git.names import visible
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted

FOLDER = ".calcifer/work"


@rule("records", "Records untouched")
def records(case: Case) -> Verdict:
    """Also where a link or a file takes the place of the folder, or a name differs in nothing but case."""
    touched = [change.path for change in case.changes if _is_record(change.path)]
    if not touched:
        return Verdict("records", "pass", "No record is touched.")
    return Verdict(
        "records",
        "fail",
        f"The branch touches {counted(len(touched), 'file')} in {FOLDER}/, where only a completion writes.",
        f"In the item's worktree (calcifer work checkout {case.number}) put the folder back: git checkout {case.main[:12]} -- "
        f'{FOLDER}, or git rm where main has none; then: calcifer work commit {case.number} -m "…"',
        tuple(visible(path) for path in touched),
    )


def _is_record(path: str) -> bool:
    lower = path.lower()
    return lower.startswith(f"{FOLDER}/") or lower in (FOLDER, FOLDER.partition("/")[0])

"""The check `scratch`: no run of a verify command has left its files."""

from collections.abc import Iterator

from calcifer.kit.diagnosis import Finding, Ward, check
from calcifer.kit.locks import Tenure
from calcifer.work.verification import sweep


def mend(ward: Ward, _aim: str) -> None:
    """Remove them: what a verify command writes is thrown away anyhow."""
    sweep(ward.var / "worktrees")


@check("scratch", "No files of dead verify runs", mend=mend, needs_database=False)
def scratch(ward: Ward) -> Iterator[Finding]:
    """Name the folders of runs that nobody holds."""
    for lock in sorted((ward.var / "worktrees").glob("verify-*.lock")):
        if Tenure(lock).holder() is None:
            sentence = "A run of a verify command died, and left its files."
            yield Finding(str(lock.with_suffix("")), sentence, "calcifer doctor --mend", aim="sweep")

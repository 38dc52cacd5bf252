"""The rule `size`: no file over 10 MB comes in."""

from calcifer.kit.git.names import visible
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted

LIMIT_BYTES = 10 * 1024 * 1024
SUBMODULE = 0o160000


@rule("size", "No file over 10 MB")
def size(case: Case) -> Verdict:
    """Look at what git would store: a file kept elsewhere by a filter (LFS) counts as its pointer."""
    blobs = ((c.path, c.new.oid) for c in case.changes if c.new and c.new.mode != SUBMODULE)
    big = [(path, bytes_) for path, oid in blobs if (bytes_ := case.repository.size(oid)) > LIMIT_BYTES]
    if not big:
        return Verdict("size", "pass", "No file over 10 MB comes in.")
    return Verdict(
        "size",
        "fail",
        f"{counted(len(big), 'file')} over 10 MB would come into the repository.",
        "Keep it beside the repository: in the item's worktree, git rm --cached and a line in .gitignore; then: "
        f'calcifer work commit {case.number} -m "…"',
        tuple(f"{visible(path)}: {bytes_ / 1024 / 1024:.1f} MB" for path, bytes_ in big),
    )

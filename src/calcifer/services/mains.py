"""The only place that says which branch of a repository is its main one."""

from calcifer.kit.git.repository import Repository


def main_branch(repository: Repository) -> str:
    """Return the branch that counts as main: `main`, else `master`, else the one that HEAD names."""
    return (
        next((name for name in ("main", "master") if repository.branch(name)), None)
        or repository.head_branch()
        or "main"
    )

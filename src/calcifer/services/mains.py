"""The only place that says which branch of a repository is its main one."""

from calcifer.kit.errors import Conflict
from calcifer.kit.git.repository import Repository
from calcifer.kit.legible import legible


def main_branch(repository: Repository) -> str:
    """Return the branch that counts as main: `main`, else `master`, else the one that HEAD names; Conflict where there is none
    although there are commits.
    """
    named = next((name for name in ("main", "master") if repository.branch(name)), None) or repository.head_branch()
    if named is not None and legible(named) != named:
        raise Conflict(
            f"The branch '{legible(named)}' of {repository.path.name} has a name that is no UTF-8, and counts as its main.",
            mend=f"git -C {repository.path} branch -m main",
        )
    if (named is None or not repository.branch(named)) and repository.tip("HEAD"):
        raise Conflict(
            f"The repository {repository.path.name} has no main branch: there is neither 'main' nor 'master', and its HEAD is "
            "detached.",
            mend=f"git -C {repository.path} " + ("branch main HEAD" if repository.is_bare else "switch -c main"),
        )
    return named or "main"

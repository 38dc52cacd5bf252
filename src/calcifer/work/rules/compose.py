"""The rule `compose`: what is wrong with the compose files was wrong before."""

from collections import Counter

from calcifer.services.facts import Problem, problems
from calcifer.work.readings import derive
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import counted


@rule("compose", "Compose file valid")
def compose(case: Case) -> Verdict:
    """Compare with main by file and sentence: lines move. What is older is told, and holds nobody up."""
    here, asked = derive(case.repository, case.tree, problems, case.folder)
    if not here:
        has = any(case.repository.entry(case.tree, path) for path in asked)
        return Verdict("compose", "pass", "The compose files are valid." if has else "There is no compose file.")
    older = (
        Counter(_what(problem) for problem in derive(case.repository, case.base, problems, case.folder)[0])
        if case.base
        else Counter()
    )
    new = []
    for problem in here:
        if older[_what(problem)]:
            older[_what(problem)] -= 1
        else:
            new.append(problem)
    if not new:
        said = f"The compose files have {counted(len(here), 'problem')}, as they had before."
        return Verdict("compose", "pass", said, evidence=tuple(map(_told, here)))
    return Verdict(
        "compose",
        "fail",
        f"The compose files have {counted(len(new), 'new problem')}: {new[0].sentence}",
        "Correct it on the branch; `docker compose config -q` there says the same",
        tuple(map(_told, new)),
    )


def _what(problem: Problem) -> tuple[str, str]:
    return problem.path, problem.sentence


def _told(problem: Problem) -> str:
    return f"{problem.path}:{problem.line}:{problem.column} {problem.sentence}"

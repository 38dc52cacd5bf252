"""The rule `descriptor`: the service's descriptor can be read."""

from functools import lru_cache, partial

from calcifer.services.descriptors import Read, Seen, read_descriptor
from calcifer.work.readings import derive
from calcifer.work.rules import Case, Verdict, rule


@rule("descriptor", "Descriptor valid")
def descriptor(case: Case) -> Verdict:
    """Fail where the branch brings the fault or touches the file; a fault of main's that it leaves alone is told."""
    reader = _reader(_name(case))
    seen, asked = derive(case.repository, case.tree, reader, case.folder)
    if not seen.problems:
        is_there = seen.source != "derived"
        what = f"{seen.source} is valid." if is_there else "There is no descriptor, and none is needed."
        return Verdict("descriptor", "pass", what, evidence=seen.notes)
    told = tuple(f"{problem.path}:{problem.line}:{problem.column} {problem.sentence}" for problem in seen.problems)
    is_touched = any(change.path in asked for change in case.changes)
    if not is_touched and case.base and derive(case.repository, case.base, reader, case.folder)[0].problems:
        return Verdict("descriptor", "pass", f"{seen.source} is faulty, as it was before.", evidence=told)
    return Verdict(
        "descriptor",
        "fail",
        f"{seen.source} cannot be used: {seen.problems[0].sentence}",
        "Correct it on the branch; until then what it said last stays in force",
        (*told, *seen.notes),
    )


def described(case: Case) -> Seen:
    """Return what the descriptor of the merge result says."""
    return derive(case.repository, case.tree, _reader(_name(case)), case.folder)[0]


def _name(case: Case) -> str:
    return case.folder.rpartition("/")[2] or case.repository.path.name


@lru_cache(maxsize=2000)
def _reader(name: str) -> partial[Seen]:
    return partial(_read, name)  # the same object for the same name, by which `derive` remembers


def _read(name: str, read: Read) -> Seen:
    return read_descriptor(read, name=name)

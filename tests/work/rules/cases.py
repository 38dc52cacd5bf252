"""Cases on a real repository: main with some files, a branch with some changes."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calcifer.kit.git.repository import Person, Repository
from calcifer.kit.git.trees import Blob
from calcifer.work.rules import RULES, Case, Checked, Verdict

ADA = Person("Ada", "ada@example.org")
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
NUMBER = 42
Files = dict[str, str | bytes | Blob | None]


def repository_at(path: Path) -> Repository:
    """Return a new repository without commits."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(path)], check=True)
    return Repository(path)


def commit(repository: Repository, files: Files, *parents: str, message: str = "Change") -> str:
    """Write a commit with `files` put over those of the first parent; None removes one."""
    blobs: dict[str, Blob | None] = {}
    for path, content in files.items():
        raw = content.encode() if isinstance(content, str) else content
        blobs[path] = Blob(repository.write_blob(raw)) if isinstance(raw, bytes) else raw
    tree = repository.edit(parents[0] if parents else None, blobs)
    return repository.write_commit(tree, list(parents), message, ADA, AT)


def case_of(repository: Repository, main: str, head: str, **more: Any) -> Case:
    """Return a case that nothing is wrong with but what the commits say."""
    values: dict[str, Any] = {
        "number": NUMBER,
        "branch": f"work/{NUMBER}-pin-nginx",
        "title": "Pin nginx",
        "reason": "The last update broke the proxy.",
        "notes": "Pinned it, and tried it.",
        "docs_reason": "",
        "is_express": False,
        "checklist": (Checked("Tried", done=True),),
    }
    return Case(repository=repository, main=main, head=head, **(values | more))


def case(path: Path, before: Files, after: Files, *, entry: str | None = "Pin nginx.\n", **more: Any) -> Case:
    """Return the case of a branch that makes the changes `after` to a main with the files `before`."""
    repository = repository_at(path)
    main = commit(repository, {"README.md": "# Web\n", **before})
    fragment: Files = {f"changes.d/{NUMBER}.md": entry} if entry is not None else {}
    return case_of(repository, main, commit(repository, {**after, **fragment}, main), **more)


def judge(rule: str, judged: Case, **more: Any) -> Verdict:
    """Return what a rule says of a case, with some of its values replaced."""
    verdict = RULES[rule].judge(replace(judged, **more) if more else judged)
    assert verdict.rule == rule
    assert verdict.sentence.endswith((".", "?"))
    assert verdict.mend or verdict.state == "pass"
    return verdict

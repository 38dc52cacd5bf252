"""What a verdict tells a person to type is a command that there is."""

import re
from pathlib import Path
from typing import Any

import pytest

from calcifer.work.policies import gate, get
from calcifer.work.rules import Checked
from tests.conftest import Run
from tests.work.rules.cases import Files, case, case_of, commit, repository_at


def mends(path: Path) -> set[str]:
    """The mends of items with which as much as possible is wrong."""
    before: Files = {"compose.yaml": "services: {web: {image: 'nginx:1'}}\n", "README.md": "nginx:1\n"}
    wrong: Files = {
        "compose.yaml": "services: {web: {image: 'nginx:2', prots: []}}\n",
        ".calcifer/work/1.md": "x",
        ".calcifer/service.yaml": "policy: x\n",
        "changes.d/7.md": "x",
        "other/file": "x",
        "big": b"x" * (10 * 1024 * 1024 + 1),
        "key": "password: x7Kd02mQz9Lw4Tb8\n",
    }
    values: dict[str, Any] = {
        "notes": "",
        "checklist": (Checked("x", done=False),),
        "obstacles": ("a",),
        "folders": {"": "stacks", "other": "other"},
        "verify_required": True,
        "hosts": {"alpha": ("/etc/cron.d",)},
    }
    cases = [case(path / "a", before, wrong, **values), case(path / "b", before, {"a": "b"}, entry=None, verify="true")]
    repository = repository_at(path / "c")
    first = commit(repository, {"a": "1"})
    main, head = commit(repository, {"a": "2"}, first), commit(repository, {"a": "3"}, first)
    merged = commit(repository, {"a": "3"}, main, head)
    cases += [case_of(repository, main, first), case_of(repository, main, head), case_of(repository, merged, head)]
    verdicts = [verdict for judged in cases for verdict in gate(judged, get("strict"), {})]
    assert {verdict.rule for verdict in verdicts if not verdict.lets_through} == set(get("strict").rules)
    return {verdict.mend for verdict in verdicts if not verdict.lets_through}


@pytest.mark.usefixtures("wiring")
def test_every_command_is_there(calcifer: Run, tmp_path: Path) -> None:
    told = {command for mend in mends(tmp_path) for command in re.findall(r"calcifer (work [\w-]+)([^;,)]*)", mend)}
    assert len({words for words, _ in told}) >= 7
    for words, more in told:
        shown = calcifer(*words.split(), "--help")
        assert shown.code == 0, words
        assert all(option in shown.out for option in re.findall(r"(?<=\s)--?[a-z-]+", more)), (words, more)

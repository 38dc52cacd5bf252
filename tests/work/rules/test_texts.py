"""checklist, notes and entry: what people write."""

from pathlib import Path

import pytest

from calcifer.kit.git.trees import Blob
from calcifer.work.policies import ALL
from calcifer.work.rules import RULES, Checked
from tests.work.rules.cases import NUMBER, case, case_of, commit, judge, repository_at

ENTRY = f"changes.d/{NUMBER}.md"


def test_every_rule_is_a_file_of_its_name() -> None:
    folder = Path(__file__).parents[3] / "src" / "calcifer" / "work" / "rules"
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(RULES) == set(ALL)


def test_an_empty_checklist_passes(tmp_path: Path) -> None:
    assert judge("checklist", case(tmp_path, {}, {}, checklist=())).state == "pass"


def test_an_undone_line_is_named_with_its_number(tmp_path: Path) -> None:
    lines = (Checked("Tried", done=True), Checked("Way back is known", done=False), Checked("Tests", done=False))
    verdict = judge("checklist", case(tmp_path, {}, {}, checklist=lines))
    assert verdict.state == "fail"
    assert verdict.sentence == "2 of 3 lines of the checklist are not done."
    assert verdict.evidence == ("2. Way back is known", "3. Tests")
    assert verdict.mend.startswith("calcifer work tick 42 2")


def test_a_done_checklist_passes(tmp_path: Path) -> None:
    assert judge("checklist", case(tmp_path, {}, {})).state == "pass"


NOTHING = [
    *(
        "",
        "  \n\t\n",
        "## Notes",
        "# What\n\n## Why\n",
        "Notes\n=====\n",
        "- [ ] \n- \n* [x]\n1.\n",
        "<!-- say why -->",
        "<!-- open",
    ),
    *("TODO", "tbd.", "n/a", "…", "---", "...\n\n***", "> \n> -", "```\n```", "-", "None.", "\u00a0\u200b"),
]
SOMETHING = [
    *(
        "Pinned it.",
        "- pinned",
        "## Why\nThe update broke it.",
        "1. tried\n",
        "修复",
        "<!-- x --> so it is",
        "> quoted words",
    ),
    *("`docker compose up -d` works", "- [x] tried twice", "TODO was done by Ada", "42"),
]


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_said(tmp_path: Path, text: str) -> None:
    judged = case(tmp_path, {}, {}, notes=text, entry=text)
    assert judge("notes", judged).state == "fail"
    assert judge("entry", judged).state == "fail"


@pytest.mark.parametrize("text", SOMETHING)
def test_something_is_said(tmp_path: Path, text: str) -> None:
    judged = case(tmp_path, {}, {}, notes=text, entry=text)
    assert judge("notes", judged).state == "pass"
    assert judge("entry", judged).state == "pass"


def test_a_missing_entry_fails(tmp_path: Path) -> None:
    verdict = judge("entry", case(tmp_path, {}, {"a": "b"}, entry=None))
    assert verdict.state == "fail"
    assert verdict.sentence == "There is no change entry changes.d/42.md on the branch."


def test_an_entry_in_the_working_tree_does_not_count(tmp_path: Path) -> None:
    judged = case(tmp_path, {}, {"a": "b"}, entry=None)
    (tmp_path / "changes.d").mkdir()
    (tmp_path / ENTRY).write_text("Pin nginx.\n")
    assert judge("entry", judged).state == "fail"


def test_an_entry_of_another_item_fails(tmp_path: Path) -> None:
    verdict = judge("entry", case(tmp_path, {}, {"changes.d/7.md": "Not mine.\n", "changes.d/README.md": "fine"}))
    assert (verdict.state, verdict.evidence) == ("fail", ("changes.d/7.md",))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 70_000])
def test_an_entry_is_a_short_text(tmp_path: Path, content: bytes) -> None:
    assert judge("entry", case(tmp_path, {}, {ENTRY: content}, entry=None)).state == "fail"


def test_an_entry_that_is_a_link_fails(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    main = commit(repository, {"a": "b"})
    link = Blob(repository.write_blob(b"README.md"), 0o120000)
    assert judge("entry", case_of(repository, main, commit(repository, {ENTRY: link}, main))).state == "fail"

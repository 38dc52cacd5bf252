"""commits, merge, checkout, records, size: what git says of the branch."""

from pathlib import Path

import pytest

from calcifer.kit.git.trees import Blob
from calcifer.work.rules import Verdict
from tests.work.rules.cases import NUMBER, Files, case, case_of, commit, judge, repository_at

ENTRY: Files = {f"changes.d/{NUMBER}.md": "Pin nginx.\n"}


def test_a_commit_passes(tmp_path: Path) -> None:
    assert judge("commits", case(tmp_path, {}, {"a": "b"})).sentence == "The branch has 1 commit that main lacks."


def test_an_empty_new_branch_has_nothing_committed(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    first = commit(repository, {"a": "1"})
    main = commit(repository, {"a": "2"}, first)
    for head in (first, main):
        verdict = judge("commits", case_of(repository, main, head))
        assert (verdict.state, verdict.sentence) == ("fail", "Nothing was committed yet.")


def test_a_branch_merged_by_hand_says_so(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    first = commit(repository, {"a": "1"})
    head = commit(repository, {"a": "2"}, first)
    merged = commit(repository, {"a": "2"}, first, head)
    assert "merged already" in judge("commits", case_of(repository, merged, head)).sentence


def test_a_fast_forward_by_hand_says_so(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    head = commit(repository, {"a": "2"}, commit(repository, {"a": "1"}), message=f"Pin\n\nWork-Item: {NUMBER}\n")
    assert "merged already" in judge("commits", case_of(repository, head, head)).sentence
    assert "Nothing" in judge("commits", case_of(repository, head, head, number=4)).sentence


@pytest.mark.parametrize("more", [{}, ENTRY])
def test_changes_that_are_all_on_main_say_so(tmp_path: Path, more: Files) -> None:
    repository = repository_at(tmp_path)
    first = commit(repository, {"a": "1"})
    head = commit(repository, {"a": "2", **more}, first)
    picked = commit(repository, {"a": "2"}, first, message="The same, picked")
    verdict = judge("commits", case_of(repository, picked, head))
    assert verdict.state == "fail"
    assert "all on main already" in verdict.sentence


def test_an_item_that_answers_for_a_stray_brings_its_entry_alone(tmp_path: Path) -> None:
    assert judge("commits", case(tmp_path, {}, {})).state == "pass"


def conflicting(path: Path) -> Verdict:
    """The verdict on a branch and a main that changed the same line."""
    repository = repository_at(path)
    first = commit(repository, {"compose.yaml": "a\n", "b\u202e.md": "a\n"})
    main = commit(repository, {"compose.yaml": "b\n", "b\u202e.md": "b\n"}, first)
    return judge(
        "merge", case_of(repository, main, commit(repository, {"compose.yaml": "c\n", "b\u202e.md": "c"}, first))
    )


def test_a_conflict_names_the_files(tmp_path: Path) -> None:
    verdict = conflicting(tmp_path)
    assert (verdict.state, verdict.evidence) == ("fail", ("b⟨U+202E⟩.md", "compose.yaml"))
    assert verdict.mend.startswith("calcifer work update 42")


def test_a_clean_merge_passes(tmp_path: Path) -> None:
    assert judge("merge", case(tmp_path, {}, {"a": "b"})).state == "pass"


def test_obstacles_fail(tmp_path: Path) -> None:
    judged = case(tmp_path, {}, {"a": "b"})
    assert judge("checkout", judged).state == "pass"
    verdict = judge("checkout", judged, obstacles=("a in /srv/web",))
    assert (verdict.state, verdict.evidence) == ("fail", ("a in /srv/web",))


@pytest.mark.parametrize(
    "path", [".calcifer/work/0007-x.md", ".calcifer/work", ".calcifer", ".Calcifer/WORK/0007-x.md"]
)
def test_a_record_is_not_touched(tmp_path: Path, path: str) -> None:
    assert judge("records", case(tmp_path, {}, {path: "mine"})).state == "fail"


def test_a_deleted_record_fails(tmp_path: Path) -> None:
    assert (
        judge("records", case(tmp_path, {".calcifer/work/0007-x.md": "x"}, {".calcifer/work/0007-x.md": None})).state
        == "fail"
    )


def test_a_record_that_came_with_main_passes(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    first = commit(repository, {"a": "1"})
    main = commit(repository, {".calcifer/work/0007-x.md": "x"}, first)
    head = commit(repository, {"b": "1"}, first)
    updated = commit(repository, {".calcifer/work/0007-x.md": "x"}, head, main)
    assert judge("records", case_of(repository, main, updated)).state == "pass"
    assert judge("records", case_of(repository, main, head)).state == "pass"


def test_the_descriptor_is_no_record(tmp_path: Path) -> None:
    assert judge("records", case(tmp_path, {}, {".calcifer/service.yaml": "title: x\n"})).state == "pass"


def test_a_file_over_10_mb_fails(tmp_path: Path) -> None:
    limit = 10 * 1024 * 1024
    verdict = judge("size", case(tmp_path, {}, {"fits": b"x" * limit, "big.iso": b"x" * (limit + 1)}))
    assert (verdict.state, verdict.evidence) == ("fail", ("big.iso: 10.0 MB",))


def test_a_big_file_that_goes_or_was_there_passes(tmp_path: Path) -> None:
    big = b"x" * (10 * 1024 * 1024 + 1)
    assert judge("size", case(tmp_path, {"big": big, "other": big}, {"big": None, "a": "b"})).state == "pass"


def test_a_submodule_has_no_size(tmp_path: Path) -> None:
    assert judge("size", case(tmp_path, {}, {"sub": Blob("1" * 40, 0o160000)})).state == "pass"


def test_one_commit_is_one(tmp_path: Path) -> None:
    said = judge("commits", case(tmp_path, {}, {})).sentence
    assert said == "The branch has 1 commit that main lacks; it brings its change entry alone."

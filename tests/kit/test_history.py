"""Folders become repositories with their own history: the commits that git itself finds, and nothing of them is changed."""

import random
import tempfile
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from calcifer.kit.git.history import Source, parts, trace_all
from tests.kit.history import (
    WEB,
    Story,
    all_paths,
    below,
    git,
    log,
    people,
    read_by_git,
    renames_by_git,
    taken,
    text,
)
from tests.services.samples import cloned, snapshot


def same_commits(source: Path, new: Path, ids: dict[str, str]) -> None:
    """Check that people, dates and messages of each commit are what they were."""
    for old, made in ids.items():
        assert people(source, old) == people(new, made)


# -- the real repository -------------------------------------------------------------------------------------------------


def test_every_folder_of_the_bundle_has_the_commits_that_git_finds(tmp_path: Path) -> None:
    source = cloned(tmp_path / "source")
    before = snapshot(source, without=())
    names = git(source, "ls-tree", "-d", "--name-only", "HEAD").split()
    names.remove(".github")
    with Source(source) as opened:
        traces = trace_all(opened, opened.tip("master"), [parts({name: ""}) for name in names])
    renames = renames_by_git(source, "master")
    for name, trace in zip(names, traces, strict=True):
        assert {one.oid for one in trace.kept} == read_by_git(source, all_paths(name, renames), "master"), name
    assert snapshot(source, without=()) == before


def test_a_folder_of_the_bundle_is_a_sound_repository(tmp_path: Path) -> None:
    source = cloned(tmp_path / "source")
    trace, written = taken(source, parts({"angular": ""}), tmp_path / "new", "master")
    new = tmp_path / "new"
    git(new, "fsck", "--strict")
    assert git(new, "rev-parse", "master^{tree}") == git(source, "rev-parse", "master:angular")
    assert int(git(new, "rev-list", "--count", "master")) == len(trace.kept)
    same_commits(source, new, written.ids)
    assert written.unsigned > 0
    assert "gpgsig" not in git(new, "log", "--format=raw")
    (tmp_path / "source").rename(tmp_path / "gone")
    git(new, "fsck", "--strict", "--full")
    assert len(git(new, "count-objects", "-v").split()) > 0


# -- random histories ----------------------------------------------------------------------------------------------------


def random_story(chance: random.Random) -> tuple[Story, list[str]]:
    """A history of two folders on branches: edited, renamed, merged in every way; return it with all names that `web` ever had."""
    story, names = Story(), ["web"]
    states = {story.commit({"other/x": text("x")}): ""}
    for number in range(chance.randint(3, 25)):
        base = chance.choice(sorted(states)[-4:])
        files, name = dict(story.commits[base][0]), states[base]
        act = chance.choice(["edit", "edit", "other", "rename", "merge", "merge", "add"])
        parents = [base]
        if name == "" and act in ("edit", "rename"):
            if len(names) > 1 or any(states.values()):
                continue
            name = "web"
            files |= below("web", "a", "b/c", "b/d.sh")
        elif act == "edit":
            chosen = chance.choice(sorted(path for path in files if path.startswith(name + "/")))
            files[chosen] = text(chosen.removeprefix(name + "/"), number + 1)
        elif act == "other":
            files["other/x"] = text("x", number + 1)
        elif act == "add" and name:
            files[f"{name}/n{number}"] = text(f"n{number}")
        elif act == "rename":
            old, name = name, f"web{number}" if chance.random() < 0.5 else f"deep/web{number}"
            names.append(name)
            files = {
                path.replace(f"{old}/", f"{name}/", 1) if path.startswith(f"{old}/") else path: content
                for path, content in files.items()
            }
        elif act == "merge":
            other = chance.choice(sorted(states)[-5:])
            if other == base:
                continue
            parents.append(other)
            taken_from = chance.choice([base, other]) if states[base] and states[other] else base if name else other
            name = states[taken_from]
            kept = {
                path: content for path, content in story.commits[taken_from][0].items() if not path.startswith("other/")
            }
            files = {"other/x": story.commits[chance.choice(parents)][0]["other/x"]} | kept
            if name and chance.random() < 0.2:
                files[f"{name}/a"] = text("a", number + 1)
        states[story.commit(files, *parents)] = name
    return story, names


# A seed has nothing that could be shrunk.
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.integers(0, 2**32))
def test_any_history_has_the_commits_that_git_finds(seed: int) -> None:
    story, names = random_story(random.Random(seed))
    last = story.commits[-1][0]
    now = next((name for name in reversed(names) if any(path.startswith(name + "/") for path in last)), None)
    if now is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        source, new = story.write(Path(folder) / "source"), Path(folder) / "new"
        trace, written = taken(source, parts({now: ""}), new)
        found, wanted = {one.oid for one in trace.kept}, read_by_git(source, names)
        line = set(git(source, "rev-list", "--first-parent", "--merges", "main").split())
        assert wanted <= found
        assert found - wanted <= line  # what holds the rest together
        assert set(git(new, "rev-list", "main").split()) == set(written.ids.values())
        assert git(new, "rev-parse", "main^{tree}") == git(source, "rev-parse", f"main:{now}")
        same_commits(source, new, written.ids)
        for one in trace.kept:
            ((path, _),) = one.state
            tree = git(source, "rev-parse", f"{one.oid}:{path.decode()}") if any(one.values) else None
            assert tree is None or git(new, "rev-parse", f"{written.ids[one.oid]}^{{tree}}") == tree
        git(new, "fsck", "--strict")


# -- what the rule says --------------------------------------------------------------------------------------------------


def test_a_branch_that_took_back_its_change_keeps_the_merge_that_holds_the_line(tmp_path: Path) -> None:
    story = Story()
    begin = story.commit({"x": b""})
    added = story.commit({"x": b""} | below("web", "a"), begin)
    line = story.commit(
        {"x": b""} | below("web", "a"), begin, added
    )  # on main it is this merge that brought the folder
    edited = story.commit({"x": b""} | below("web", "a", version=1), added)
    undone = story.commit({"x": b""} | below("web", "a"), edited)
    story.commit({"x": b""} | below("web", "a"), line, undone)
    taken(story.write(tmp_path / "source"), WEB, tmp_path / "new")
    assert sorted(log(tmp_path / "new")) == ["Commit 1", "Commit 2", "Commit 3", "Commit 4", "Commit 5"]
    assert log(tmp_path / "new", "--first-parent")[-1] == "Commit 5"


def test_an_update_from_main_that_brings_nothing_is_not_kept(tmp_path: Path) -> None:
    story = Story()
    begin = story.commit(below("web", "a"))
    branch = story.commit(below("web", "a") | {"x": b"1"}, begin)
    main = story.commit(below("web", "a", version=1), begin)
    updated = story.commit(below("web", "a", version=1) | {"x": b"1"}, branch, main)
    story.commit(below("web", "a", version=1) | {"x": b"1"}, main, updated)
    taken(story.write(tmp_path / "source"), WEB, tmp_path / "new")
    assert log(tmp_path / "new") == ["Commit 0", "Commit 2"]


def test_project_at_the_top_that_moved_down_keeps_its_commits(tmp_path: Path) -> None:
    story = Story()
    top = {"compose.yaml": text("c"), "src/a": text("a"), "src/b": text("b")}
    begin = story.commit(top)
    story.commit(top | {"src/a": text("a", 1)}, begin)
    story.commit(
        {f"web/{name}": content for name, content in (top | {"src/a": text("a", 1)}).items()} | {"docs/x": b"x"}, 1
    )
    story.commit({f"web/{name}": content for name, content in top.items()} | {"docs/x": b"x"}, 2)
    trace, _ = taken(story.write(tmp_path / "source"), WEB, tmp_path / "new")
    assert log(tmp_path / "new") == ["Commit 0", "Commit 1", "Commit 2", "Commit 3"]
    assert git(tmp_path / "new", "ls-tree", "-r", "--name-only", "main~3").split() == ["compose.yaml", "src/a", "src/b"]
    assert trace.former == [b"compose.yaml", b"src"]


def test_new_folder_does_not_take_the_history_of_one_that_happens_to_go(tmp_path: Path) -> None:
    story = Story()
    begin = story.commit({f"old/{name}": text(name) for name in "abcd"} | {"old/LICENSE": b"MIT\n" * 9})
    story.commit(below("web", "one", "two") | {"web/LICENSE": b"MIT\n" * 9}, begin)
    taken(story.write(tmp_path / "source"), WEB, tmp_path / "new")
    assert log(tmp_path / "new") == ["Commit 1"]


def test_folder_that_went_and_came_back_keeps_what_was_before(tmp_path: Path) -> None:
    story = Story()
    for version, files in enumerate([below("web", "a"), {"x": b"x"}, below("web", "a", "b")]):
        story.commit(files, *([version - 1] if version else []))
    taken(story.write(tmp_path / "source"), WEB, tmp_path / "new")
    assert log(tmp_path / "new") == ["Commit 0", "Commit 1", "Commit 2"]
    assert git(tmp_path / "new", "ls-tree", "main~1") == ""

"""What a repository that was taken out of another one holds: several folders, tags, odd names, odd headers; and what is refused."""

import subprocess
from pathlib import Path

import pytest

from calcifer.kit.errors import Invalid, NotFound, Unavailable
from calcifer.kit.git.history import Source, contents, parts
from tests.kit.history import WEB, Story, below, git, log, taken


def test_several_folders_and_files_become_one_repository(tmp_path: Path) -> None:
    story = Story()
    files = below("app", "a", "docs/of-app", "docs-old") | {"LICENSE": b"MIT", "other/x": b"x"}
    story.commit(files)
    story.commit(files | below("docs", "index.md"), 0)
    story.commit(files | below("docs", "index.md") | {"other/x": b"y"}, 1)
    story.commit(files | below("docs", "index.md") | {"LICENSE": b"Apache", "other/x": b"y"}, 2)
    wanted = parts({"app": "", "docs": "docs", "LICENSE": "LICENSE"})
    taken(story.write(tmp_path / "source"), wanted, tmp_path / "new")
    new = tmp_path / "new"
    git(new, "fsck", "--strict")
    assert log(new) == ["Commit 0", "Commit 1", "Commit 3"]
    assert git(new, "ls-tree", "-r", "--name-only", "main").split() == [
        "LICENSE", "a", "docs-old", "docs/index.md", "docs/of-app"
    ]  # fmt: skip
    assert git(new, "show", "main:LICENSE") == "Apache"


def test_two_files_for_one_place_are_refused(tmp_path: Path) -> None:
    story = Story()
    story.commit(below("app", "docs/a") | {"docs/a": b"another"})
    with pytest.raises(Invalid, match="Two of the folders have 'docs/a'"):
        taken(story.write(tmp_path / "source"), parts({"app": "", "docs": "docs"}), tmp_path / "new")


def test_two_files_for_one_place_in_an_old_commit_are_told(tmp_path: Path) -> None:
    story = Story()
    story.commit(below("app", "docs/a") | {"docs/a": b"another"})
    story.commit(below("app", "b") | {"docs/a": b"another"}, 0)
    _, written = taken(story.write(tmp_path / "source"), parts({"app": "", "docs": "docs"}), tmp_path / "new")
    assert written.collisions == [b"docs/a"]
    assert git(tmp_path / "new", "show", "main~1:docs/a") == "another"


@pytest.mark.parametrize("places", [{"a": "", "a/b": "b"}, {"": "", "a": "a"}, {"../a": ""}, {"a//b": ""}])
def test_parts_that_cannot_be_are_refused(places: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        parts(places)


# -- tags, signatures, odd things ----------------------------------------------------------------------------------------


def test_tags_on_or_after_a_kept_commit_come_along(tmp_path: Path) -> None:
    story = Story()
    story.commit({"x": b"x"})
    story.commit({"x": b"x"} | below("web", "a"), 0)
    story.commit({"x": b"y"} | below("web", "a"), 1)
    story.commit({"x": b"z"} | below("web", "a", version=1), 2)
    story.commit({"x": b"z"} | below("web", "a", version=2), 2)  # a release branch
    source = story.write(tmp_path / "source", main=3)
    commits = git(source, "rev-list", "--reverse", "main").split()
    git(source, "tag", "before", commits[0])
    git(source, "tag", "light", commits[1])
    git(
        source,
        "-c",
        "user.name=Bob",
        "-c",
        "user.email=b@x",
        "tag",
        "-a",
        "-m",
        "Release two\n\nWith body",
        "v2",
        commits[2],
    )
    git(source, "tag", "file", git(source, "rev-parse", "main:x"))
    git(source, "tag", "-a", "-m", "Tag of a tag", "twice", "v2")
    beside = subprocess.run(
        ["git", "commit-tree", "-p", commits[2], "-m", "Beside", "main^{tree}"],
        cwd=source,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    git(source, "tag", "beside", beside)
    trace, written = taken(source, WEB, tmp_path / "new")
    new = tmp_path / "new"
    assert git(new, "tag").split() == ["beside", "light", "twice", "v2"]
    assert git(new, "log", "-1", "--format=%s", "v2") == "Commit 1"
    assert git(new, "for-each-ref", "--format=%(tagger)%(contents)", "refs/tags/v2") == git(
        source, "for-each-ref", "--format=%(tagger)%(contents)", "refs/tags/v2"
    )
    assert git(new, "log", "--format=%s", "beside").split("\n") == ["Beside", "Commit 1"]
    assert git(new, "log", "-1", "--format=%s", "twice") == "Commit 1"
    assert set(written.tags) == {f"refs/tags/{name}" for name in ("beside", "light", "twice", "v2")}
    assert [one.is_on_main for one in trace.kept] == [True, True, False]
    git(new, "fsck", "--strict")


def test_headers_are_kept_and_signatures_dropped(tmp_path: Path) -> None:
    story = Story()
    story.commit(below("web", "a"))
    source = story.write(tmp_path / "source")
    tree = git(source, "rev-parse", "main^{tree}")
    message = b"Gr\xfc\xdfe\n\n  odd  \n\n\n"
    raw = (
        b"tree %s\nauthor J\xfcrgen <j@x> 1600000000 -0330\ncommitter  <> 1600000001 +0000\nencoding ISO-8859-1\n"
        b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ\n -----END PGP SIGNATURE-----\nHG:extra branch:x\n\n%s"
    ) % (tree.encode(), message)
    oid = (
        subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            cwd=source,
            input=raw,
            capture_output=True,
            check=True,
        )
        .stdout.decode()
        .strip()
    )
    git(source, "update-ref", "refs/heads/main", oid)
    signed = b"-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n"
    tag = b"object %s\ntype commit\ntag v1\ntagger B <b@x> 1 +0000\n\nRelease\n%s" % (oid.encode(), signed)
    made = (
        subprocess.run(["git", "mktag"], cwd=source, input=tag, capture_output=True, check=True).stdout.decode().strip()
    )
    git(source, "update-ref", "refs/tags/v1", made)
    _, written = taken(source, WEB, tmp_path / "new")
    new = subprocess.run(
        ["git", "cat-file", "commit", "main"], cwd=tmp_path / "new", capture_output=True, check=True
    ).stdout
    assert written.unsigned == 2
    assert new.partition(b"\n")[2] == (
        b"author J\xfcrgen <j@x> 1600000000 -0330\ncommitter  <> 1600000001 +0000\nencoding ISO-8859-1\nHG:extra branch:x\n\n"
        + message
    )
    assert git(tmp_path / "new", "cat-file", "tag", "v1").partition("\n\n")[2] == "Release"


def test_names_that_are_no_text_modes_and_links_stay(tmp_path: Path) -> None:
    source = tmp_path / 'so:urce"quoted'
    odd = {"web/run.sh": b"#!/bin/sh\n", "web/to.link": b"/etc/hostname", "web/ü/n": b"x", "x": b"x"}
    story = Story()
    story.commit(odd)
    story.write(source)
    git(source, "reset", "-q", "--hard")
    (source / "web" / "n\udcff").write_bytes(b"odd")
    git(source, "add", "web")
    git(source, "update-index", "--add", "--cacheinfo", f"160000,{git(source, 'rev-parse', 'HEAD')},web/module")
    git(source, "commit", "-qm", "Odd")
    trace, _ = taken(source, WEB, tmp_path / "new")
    assert git(tmp_path / "new", "rev-parse", "main^{tree}") == git(source, "rev-parse", "main:web")
    with Source(source) as opened:
        held = {content.path: content.mode for content in contents(opened, trace)}
    assert held[b"module"] == 0o160000
    assert held[b"n\xff"] == 0o100644
    assert held[b"run.sh"] == 0o100755
    assert held[b"to.link"] == 0o120000


def test_contents_names_the_first_commit_of_each_file(tmp_path: Path) -> None:
    story = Story()
    story.commit(below("web", "a"))
    story.commit(below("web", "a") | {"web/.env": b"A=1"}, 0)
    story.commit(below("web", "a", version=1), 1)
    source = story.write(tmp_path / "source")
    trace, _ = taken(source, WEB, tmp_path / "new")
    first, second, third = git(source, "rev-list", "--reverse", "main").split()
    with Source(source) as opened:
        assert [(one.path, one.commit) for one in contents(opened, trace)] == [
            (b"a", first),
            (b".env", second),
            (b"a", third),
        ]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    story = Story()
    story.commit({"x": b"x"} | below("web", "a"))
    story.commit({"x": b"x"}, 0)
    source = story.write(tmp_path / "source")
    for name in ("web", "never"):
        with pytest.raises(Invalid, match=f"There is no '{name}' on the main branch"):
            taken(source, parts({name: ""}), tmp_path / "new")
    assert not (tmp_path / "new").exists()
    with pytest.raises(NotFound):
        taken(source, WEB, tmp_path / "new", "nothing")


def test_shallow_history_begins_where_it_was_cut(tmp_path: Path) -> None:
    story = Story()
    for version in range(4):
        story.commit(below("web", "a", version=version), *([version - 1] if version else []))
    source = story.write(tmp_path / "source")
    subprocess.run(["git", "clone", "-q", "--depth=2", f"file://{source}", str(tmp_path / "shallow")], check=True)
    taken(tmp_path / "shallow", WEB, tmp_path / "new")
    git(tmp_path / "new", "fsck", "--strict")
    assert log(tmp_path / "new") == ["Commit 2", "Commit 3"]


def test_damage_is_a_sentence(tmp_path: Path) -> None:
    story = Story()
    story.commit(below("web", "a"))
    story.commit(below("web", "a", version=1), 0)
    source = story.write(tmp_path / "source")
    tree = git(source, "rev-parse", "main~1^{tree}")
    (source / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(Unavailable):
        taken(source, WEB, tmp_path / "new")

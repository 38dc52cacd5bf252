"""File names and texts that are hard to show, to send or to store."""

import os
from pathlib import Path

import pytest

from calcifer.kit.errors import Conflict
from calcifer.kit.legible import legible
from calcifer.work import service as work
from calcifer.work.schemas import NewChange, NewCommit
from tests.odd.conftest import Around
from tests.odd.loop import git, made
from tests.owner import OWNER

NAMES = [
    b"a b", b'q"uote', b"it's", b"new\nline", b"tab\t", b"-rf", b"$(touch x)", b"back\\slash", b"\x01\x02", b"{{ x }}",
    b"caf\xe9.md", b"README.caf\xe9", b"docs/caf\xe9.md", b"docs/new\nline.md", b"caf\xe9/caf\xe9/deep.txt", b"%2e%2e",
]  # fmt: skip


def test_every_name_goes_the_whole_way(around: Around, home: Path) -> None:
    web = made(home / "web", {os.fsdecode(name): b"latin \xe9\n" for name in NAMES})
    loop = around(web)
    number = loop.run()
    assert "caf⟨0xE9⟩.md" in loop.pages["/services/web/files"]
    number = loop.open("Change them all")
    edits = {os.fsdecode(name): b"changed \xe9\n" for name in NAMES} | {os.fsdecode(b"new caf\xe9"): b"new\n"}
    loop.commit_in_worktree(number, edits)
    loop.commit_text(number)
    loop.look_at_item(number)
    assert "caf⟨0xE9⟩.md" in loop.pages[f"/work/{number}/diff"]
    (web / os.fsdecode(b"mine \xe9")).write_text("mine\n")
    loop.complete(number)
    assert all(
        (os.fsencode(web) + b"/" + name) and (web / os.fsdecode(name)).read_bytes() == b"changed \xe9\n"
        for name in NAMES
    )
    assert loop.look_at_git()["checkouts"][0]["names"] == ["mine ⟨0xE9⟩"]
    assert "mine ⟨0xE9⟩" in loop.get("/work/change?service_name=web")


def test_what_is_in_the_way_is_named_in_every_answer(around: Around, home: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    web = made(home / "web", {name: b"one\n"})
    loop = around(web)
    loop.scan()
    number = loop.open()
    loop.commit_text(number)
    loop.commit_in_worktree(number, {name: b"two\n"})
    (web / name).write_bytes(b"mine\n")
    loop.look_at_item(number)
    with pytest.raises(Conflict), loop.wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    for address in (f"/work/{number}/complete", f"/api/v1/work/{number}/complete"):
        answer = loop.client.post(address)
        assert (answer.status_code, "caf⟨0xE9⟩" in answer.text) == (409, True)
    assert (web / name).read_bytes() == b"mine\n"


def test_edits_of_a_worktree_with_such_names_are_shown_and_committed_together(around: Around, home: Path) -> None:
    loop = around(made(home / "web"))
    loop.scan()
    number = loop.open()
    with loop.wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, loop.wiring.settings.var / "worktrees")
    (tree / os.fsdecode(b"caf\xe9")).write_text("new\n")
    (tree / "plain").write_text("new\n")
    shown = loop.get(f"/work/{number}/commits")
    assert "caf⟨0xE9⟩" in shown
    assert 'value="plain"' in shown
    answer = loop.client.post(
        f"/work/{number}/commit", data={"from_worktree": "true", "only": "caf\ufffd", "message": "x"}
    )
    assert answer.status_code in {409, 422}
    with loop.wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="All", from_worktree=True))
    assert git(tree, "status", "--porcelain") == b""


def test_the_express_lane_takes_them(around: Around, home: Path) -> None:
    web = made(home / "web", {os.fsdecode(b"caf\xe9"): b"one\n"})
    loop = around(web)
    loop.scan()
    (web / os.fsdecode(b"caf\xe9")).write_bytes(b"two\n")
    with loop.wiring.units.write(OWNER) as uow:
        item, verdicts = work.change(uow, NewChange(service="web", reason="Say two."))
    assert item.state == "completed", verdicts
    loop.look_at_item(item.number)
    loop.settled()


def test_legible_leaves_text_alone() -> None:
    assert legible("größe 👍 x") == "größe 👍 x"
    assert legible(os.fsdecode(b"caf\xe9")) == "caf⟨0xE9⟩"
    assert legible("\ud800") == "⟨U+D800⟩"


@pytest.mark.parametrize("how", ["autocrlf", "eol", "stored"])
def test_line_endings(around: Around, home: Path, how: str) -> None:
    changes = b"# Changes\r\n\r\n## 2020-01-01 - Ada - Service Change (#7)\r\n\r\nOld.\r\n"
    files = {"CHANGES.md": changes, "dos.txt": b"a\r\nb\r\n"}
    if how == "eol":
        files[".gitattributes"] = b"* text=auto eol=crlf\n"
    web = made(home / "web", files)
    if how == "autocrlf":
        git(web, "config", "core.autocrlf", "true")
        git(web, "add", "--renormalize", ".")
        git(web, "commit", "-q", "-m", "Normalize")
        git(web, "rm", "-q", "-r", "--cached", ".")
        git(web, "reset", "-q", "--hard")
    around(web).run()
    assert git(web, "status", "--porcelain") == b""
    lines = (web / "CHANGES.md").read_bytes().splitlines(keepends=True)
    assert b"Pin nginx.\r\n" in lines
    assert all(line.endswith(b"\r\n") for line in lines)
    assert (b"\r" in git(web, "show", "main:CHANGES.md")) == (how == "stored")

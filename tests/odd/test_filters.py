"""Clean and smudge filters: LFS with and without its program, one of one's own; content never gets past them."""

from pathlib import Path

import pytest

from calcifer.kit.errors import Invalid
from calcifer.kit.git.program import FilterFailed
from calcifer.work import service as work
from calcifer.work.schemas import FileContent, NewCommit
from tests.odd.conftest import Around
from tests.odd.loop import Loop, git, made
from tests.owner import OWNER
from tests.work import factories

ATTRIBUTES = b"*.bin filter=lfs diff=lfs merge=lfs -text\n"


def pointer(digit: bytes) -> bytes:
    """What LFS stores in git."""
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:" + digit * 64 + b"\nsize 12345\n"


def installed(web: Path) -> None:
    """Configure what `git lfs install` configures; the program itself is not on this machine."""
    for name, value in (("clean", "git-lfs clean -- %f"), ("smudge", "git-lfs smudge -- %f"), ("required", "true")):
        git(web, "config", f"filter.lfs.{name}", value)


@pytest.fixture
def loop(around: Around, home: Path) -> Loop:
    """A service with a file in LFS, on a machine that knows nothing of LFS."""
    return around(made(home / "web", {".gitattributes": ATTRIBUTES, "big.bin": pointer(b"a")}))


def test_pointers_without_lfs_are_files_like_others(loop: Loop) -> None:
    loop.run()
    number = loop.open("Another big file")
    loop.commit_in_worktree(number, {"big.bin": pointer(b"b")})
    with loop.wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="Say it", entry="Another big file."))
    loop.complete(number)
    assert (loop.path / "big.bin").read_bytes() == pointer(b"b")


def test_a_text_is_not_stored_past_the_filter(loop: Loop) -> None:
    loop.scan()
    number = loop.open()
    content = [FileContent(path="big.bin", content="in plain\n")]
    with pytest.raises(Invalid, match="passes the filter 'lfs'"), loop.wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="Past it", files=content))
    assert "passes the filter" in loop.get(f"/work/{number}/files?path=big.bin")


def test_what_needs_no_filter_is_done_without_its_program(loop: Loop) -> None:
    installed(loop.path)
    loop.scan()
    loop.look_at_service()
    loop.look_at_git()
    had = loop.had()
    number = loop.open()
    loop.commit_text(number)
    loop.look_at_item(number)
    loop.complete(number)
    loop.kept(had)
    assert git(loop.path, "status", "--porcelain") == b""


def test_a_worktree_that_needs_it_is_refused_and_leaves_nothing(loop: Loop) -> None:
    installed(loop.path)
    loop.scan()
    number = loop.open()
    with pytest.raises(FilterFailed, match="git-lfs") as raised, loop.wiring.units.write(OWNER) as uow:
        work.checkout(uow, number, loop.wiring.settings.var / "worktrees")
    assert "Install the program" in (raised.value.mend or "")
    assert git(loop.path, "worktree", "list").count(b"\n") == 0
    assert not (loop.wiring.settings.var / "worktrees" / "web" / str(number)).exists()


def test_edits_that_need_it_are_a_sentence_on_the_page(loop: Loop) -> None:
    loop.scan()
    number = loop.open()
    tree = loop.commit_in_worktree(number)
    installed(loop.path)
    (tree / "big.bin").touch()  # git has to read it again, to know that it is the same
    assert "did not run" in loop.get(f"/work/{number}/commits")
    (loop.path / "big.bin").touch()
    assert "did not run" in loop.get("/work/change?service_name=web")
    with pytest.raises(FilterFailed), loop.wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="It", from_worktree=True))
    assert git(tree, "rev-parse", "HEAD") == git(loop.path, "rev-parse", f"work/{number}-pin-nginx")


def test_a_checkout_that_needs_it_is_held_until_it_is_there(loop: Loop, tmp_path: Path) -> None:
    loop.scan()
    number = loop.open()
    loop.commit_in_worktree(number, {"big.bin": pointer(b"b")})
    loop.commit_text(number)
    factories.finished(loop.wiring, number)
    git(loop.path, "worktree", "remove", str(loop.wiring.settings.var / "worktrees" / "web" / str(number)))
    installed(loop.path)
    with loop.wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    with loop.wiring.units.read(OWNER) as uow:
        (row,) = factories.journal(uow.db)
    assert "did not run" in (row.held or "")
    assert "did not run" in loop.get("/git")
    loop.wiring.units.replay()  # git has begun, and taken the old file away
    with loop.wiring.units.read(OWNER) as uow:
        (row,) = factories.journal(uow.db)
    assert "did not run" in (row.held or "")
    for side in ("clean", "smudge"):  # it is installed
        git(loop.path, "config", f"filter.lfs.{side}", "cat")
    loop.wiring.units.replay()
    loop.settled()
    assert (loop.path / "big.bin").read_bytes() == pointer(b"b")
    assert "1.27" in (loop.path / "docker-compose.yml").read_text()
    assert git(loop.path, "status", "--porcelain") == b""


def test_a_filter_of_ones_own(around: Around, home: Path) -> None:
    web = home / "web"
    web.mkdir()
    git(home, "init", "-q", "-b", "main", "web")
    for side in ("clean", "smudge"):
        git(web, "config", f"filter.rot13.{side}", "tr A-Za-z N-ZA-Mn-za-m")
    made(web, {".gitattributes": b"*.secret filter=rot13\n", "key.secret": b"hello\n"})
    loop = around(web)
    loop.new_file = "new.secret"
    loop.run()
    assert git(web, "show", "main:new.secret") == b"arj"
    assert (web / "new.secret").read_bytes() == b"new\n"
    assert git(web, "show", "main:key.secret") == b"uryyb"

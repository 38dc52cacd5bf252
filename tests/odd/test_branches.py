"""Whatever a default branch is called, wherever HEAD is, and whoever moves branches: it works, or a sentence says what to do."""

from pathlib import Path

import pytest

from calcifer.kit.errors import Conflict
from calcifer.services.plans import Wish
from calcifer.services.service.adoption import planned
from calcifer.services.service.scanning import look
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.errors import BranchGone
from tests.odd.conftest import Around
from tests.odd.loop import Loop, git, made
from tests.owner import OWNER
from tests.work import factories


@pytest.mark.parametrize("name", ["master", "trunk", "release/1.x", "größe"])
def test_a_default_branch_of_another_name(around: Around, home: Path, name: str) -> None:
    web = made(home / "web")
    git(web, "branch", "-m", name)
    loop = around(web)
    loop.run()
    assert loop.service().main_branch == name
    assert "1.27" in (web / "docker-compose.yml").read_text()


def test_a_detached_head_stays_where_it_is(around: Around, home: Path) -> None:
    web = made(home / "web")
    git(web, "switch", "-q", "--detach")
    (web / "mine").write_text("mine\n")
    head = git(web, "rev-parse", "HEAD")
    around(web).run()
    assert git(web, "rev-parse", "HEAD") == head
    assert "1.25" in (web / "docker-compose.yml").read_text()
    assert git(web, "show", "main:docker-compose.yml").count(b"1.27") == 1


def without_branches(path: Path) -> Path:
    git(path, "switch", "-q", "--detach")
    git(path, "branch", "-q", "-D", "main")
    return path


def test_a_detached_head_without_a_branch_is_refused_with_what_makes_one(
    wiring: Wiring, home: Path, tmp_path: Path
) -> None:
    web = without_branches(made(tmp_path / "web"))
    for in_place in (False, True):
        (left,) = planned(wiring.units, OWNER, home, Wish((str(web),), in_place=in_place)).left_out
        assert "there is neither 'main' nor 'master', and its HEAD is detached" in left.reason
        assert left.mend == f"git -C {web} switch -c main"
    without_branches(made(home / "zoo"))
    assert [name for name, _ in look(wiring.units, OWNER, home).failed] == ["zoo"]
    git(home / "zoo", "switch", "-q", "-c", "main")
    assert look(wiring.units, OWNER, home).new == ["zoo"]


def test_branches_and_tags_whose_names_are_no_utf_8(around: Around, home: Path) -> None:
    web = made(home / "web")
    git(web, "tag", b"t\xe9")
    git(web, "branch", 'it\'s "$(touch x)"'.replace(" ", "-"))
    git(web, "switch", "-q", "-c", b"caf\xe9")
    (web / "mine").write_text("mine\n")
    loop = around(web)
    loop.run()
    assert "caf⟨0xE9⟩" in loop.pages["/git/services/web"]
    assert git(web, "symbolic-ref", "--short", "HEAD") == b"caf\xe9"


def test_a_default_branch_whose_name_is_no_utf_8_is_refused_and_keeps_no_other_out(wiring: Wiring, home: Path) -> None:
    git(made(home / "web"), "branch", "-m", b"caf\xe9")
    made(home / "zoo")
    report = look(wiring.units, OWNER, home)
    assert report.new == ["zoo"]
    assert report.failed == [
        ("web", "The branch 'caf⟨0xE9⟩' of web has a name that is no UTF-8, and counts as its main.")
    ]


@pytest.fixture
def loop(around: Around, home: Path) -> Loop:
    """A service that was scanned."""
    loop = around(made(home / "web"))
    loop.scan()
    return loop


def branch_of(loop: Loop, number: int) -> str:
    """The branch of an item."""
    with loop.wiring.units.read(OWNER) as uow:
        return queries.get_item(uow.db, number).branch or ""


def test_a_branch_rebased_by_hand_completes(loop: Loop) -> None:
    number = loop.open()
    loop.commit_text(number)
    (loop.path / "more").write_text("more\n")
    git(loop.path, "add", "more")
    git(loop.path, "commit", "-q", "-m", "By hand")
    git(loop.path, "switch", "-q", branch_of(loop, number))
    git(loop.path, "rebase", "-q", "main")
    git(loop.path, "switch", "-q", "main")
    had = loop.had()
    loop.look_at_item(number)
    loop.complete(number)
    loop.kept(had)
    assert git(loop.path, "status", "--porcelain") == b""


def test_a_branch_moved_back_by_hand_is_judged_as_it_is(loop: Loop) -> None:
    number = loop.open()
    loop.commit_text(number)
    git(loop.path, "branch", "-q", "--force", branch_of(loop, number), "main")
    loop.look_at_item(number)
    factories.finished(loop.wiring, number)
    assert loop.verdicts(number)["commits"] == "fail"


def test_a_branch_deleted_by_hand_is_a_sentence_with_the_way_back(loop: Loop) -> None:
    number = loop.open()
    loop.commit_text(number)
    head = git(loop.path, "rev-parse", branch_of(loop, number)).decode()
    git(loop.path, "branch", "-q", "-D", branch_of(loop, number))
    loop.get(f"/work/{number}")
    loop.look_at_git()
    with pytest.raises(BranchGone) as raised, loop.wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert raised.value.mend == f"git -C {loop.path} branch {branch_of(loop, number)} {head}"
    git(loop.path, "branch", branch_of(loop, number), head)
    loop.complete(number)


def test_a_rewritten_main_is_read_again_and_nothing_on_it_is_lost(loop: Loop) -> None:
    git(loop.path, "commit", "-q", "--allow-empty", "-m", "By hand")
    loop.scan()
    number = loop.open()
    loop.commit_text(number)
    git(loop.path, "commit", "-q", "--amend", "--allow-empty", "-m", "By hand, in other words")
    loop.scan()
    loop.look_at_service()
    loop.look_at_item(number)
    had = loop.had()
    loop.complete(number)
    loop.kept(had)
    assert loop.strays() == 1  # the rewritten one; the one before came back by the item's branch


def test_a_deleted_main_is_a_sentence(loop: Loop) -> None:
    number = loop.open()
    git(loop.path, "switch", "-q", "--detach")
    git(loop.path, "branch", "-q", "-D", "main")
    for page in ("/services/web", "/services/web/files", f"/work/{number}", "/work/change?service_name=web"):
        assert "no commit on" in loop.get(page) or page.startswith("/work/")
    with pytest.raises(Conflict, match="no commit on 'main'"):
        loop.open()

"""Repositories that anybody may have pushed to: what cannot be taken is told with its place, and the rest is there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.services import queries as catalog
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work.records import Record, render
from tests.owner import OWNER
from tests.pace import at_most
from tests.rebuild.conftest import Rebuild, delete
from tests.rebuild.test_trusted import record
from tests.services.repositories import damaged
from tests.work import factories
from tests.work.factories import git

REF = "refs/calcifer/items/7"
BOMB = "---\na: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


def open_record(**more: object) -> Record:
    """A record of an open item."""
    own: dict[str, object] = {"number": 7, "state": "open", "completed_at": None, "completed_by": None}
    return record(**(own | more))  # type: ignore[arg-type]


def item(path: Path, content: bytes, ref: str = REF) -> None:
    """Store an item's file on its ref, as anybody may push it."""
    (path / ".git" / "content").write_bytes(content)
    blob = git(path, "hash-object", "-w", ".git/content")
    git(path, "read-tree", "--empty")
    git(path, "update-index", "--add", "--cacheinfo", f"100644,{blob},item.md")
    tree = git(path, "write-tree")
    git(path, "reset", "-q", "--hard")
    git(path, "update-ref", ref, git(path, "commit-tree", tree, "-m", "Push"))


CONTENTS: dict[str, bytes] = {
    "nothing": b"",
    "no record": b"hello\n",
    "not UTF-8": b"---\ntitle: \xff\n---\n",
    "ten megabytes": render(open_record()).encode().replace(b"title:", b"more: " + b"x" * 10_000_000 + b"\ntitle:"),
    "a bomb": BOMB.encode() + b"---\n",
    "deep": b"---\n" + b"[" * 100_000 + b"\n---\n",
    "a long number": b"---\nnumber: " + b":".join([b"1"] * 100_000) + b"\n---\n",
    "python": b"---\nnumber: !!python/object/apply:os.system ['touch /tmp/calcifer-was-here']\n---\n",
    "another number": render(record(8)).encode(),
    "completed": render(record(7)).encode(),
    "no branch": render(open_record(branch=None)).encode(),
    "main as its branch": render(open_record(branch="main")).encode(),
    "an option as its branch": render(open_record(branch="--help")).encode(),
    "a path as its branch": render(open_record(branch="../../config")).encode(),
    "NUL": render(open_record(author="a\0b")).encode(),
    "a surrogate": render(open_record(author="abc")).encode().replace(b"abc", b'"\\uD800"'),
    "lines in the title": render(open_record(title="a\nb")).encode(),
    "a long title": render(open_record(title="a" * 5000)).encode(),
    "a long reason": render(open_record(reason="a" * 100_000)).encode(),
    "the year 1": render(open_record()).replace("2026-01-31T00:00:00Z", "0001-01-01T00:00:00+14:00").encode(),
    "no zone and no time": render(open_record()).replace("'2026-01-31T00:00:00Z'", "2026-01-31").encode(),
    "a huge revision": render(open_record()).replace("title:", "revision: 99999999999999999999\ntitle:").encode(),
    "no revision": render(open_record()).replace("title:", "revision: 0\ntitle:").encode(),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_an_item_that_cannot_be_taken_is_told_and_no_other_is_lost(
    wiring: Wiring, web: Path, rebuild: Rebuild, content: bytes
) -> None:
    number = factories.completed(wiring)
    item(web, content)
    delete(wiring)
    with at_most(20):
        report = rebuild()
    assert (report.open, report.completed) == (0, 1)
    assert [(one.service, one.place) for one in report.unread] == [("web", REF)]
    assert len(report.unread[0].reason) < 500
    assert not Path("/tmp/calcifer-was-here").exists()  # noqa: S108  (what the hostile record would touch)
    with wiring.units.read(OWNER) as uow:
        assert queries.get_item(uow.db, number).state == "completed"
    assert factories.opened(wiring) == 8  # the number is taken, whatever the ref says


def to_blob(path: Path) -> str:
    git(path, "update-ref", REF, git(path, "rev-parse", "main:README.md"))
    return REF


def to_tree(path: Path) -> str:
    git(path, "update-ref", REF, git(path, "rev-parse", "main^{tree}"))
    return REF


def to_nothing(path: Path) -> str:
    ref = path / ".git" / REF
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_text("1" * 40 + "\n")
    return REF


def without_number(path: Path) -> str:
    git(path, "update-ref", "refs/calcifer/items/x", "main")
    return "refs/calcifer/items/x"


def with_a_huge_number(path: Path) -> str:
    git(path, "update-ref", "refs/calcifer/items/99999999999", "main")
    return "refs/calcifer/items/99999999999"


def a_folder_of_numbers(path: Path) -> str:
    git(path, "update-ref", "refs/calcifer/items/a/7", "main")
    return "refs/calcifer/items/a/7"


def a_link(path: Path) -> str:
    (path / ".git" / "target").write_text("/etc/passwd")
    blob = git(path, "hash-object", "-w", ".git/target")
    git(path, "read-tree", "--empty")
    git(path, "update-index", "--add", "--cacheinfo", f"120000,{blob},item.md")
    tree = git(path, "write-tree")
    git(path, "reset", "-q", "--hard")
    git(path, "update-ref", REF, git(path, "commit-tree", tree, "-m", "Push"))
    return REF


def dropped_by_nobody(path: Path) -> str:
    git(path, "update-ref", "refs/dropped/7", "main")
    return "refs/dropped/7"


@pytest.mark.parametrize(
    "make",
    [to_blob, to_tree, to_nothing, without_number, with_a_huge_number, a_folder_of_numbers, a_link, dropped_by_nobody],
)
def test_a_ref_that_is_no_item_is_told(
    wiring: Wiring, web: Path, rebuild: Rebuild, make: Callable[[Path], str]
) -> None:
    factories.completed(wiring)
    place = make(web)
    delete(wiring)
    report = rebuild()
    assert (report.services, report.open, report.completed) == (1, 0, 1)
    assert [one.place for one in report.unread] == [place]


def test_two_items_that_claim_one_branch(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    item(web, render(open_record(branch="work/7-forged")).encode())
    item(web, render(open_record(number=8, branch="work/7-forged")).encode(), "refs/calcifer/items/8")
    delete(wiring)
    report = rebuild()
    assert (report.open, [one.place for one in report.unread]) == (1, ["refs/calcifer/items/8"])


def test_a_parent_that_is_none_is_told_and_the_item_stands_alone(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    item(web, render(open_record(parent=5)).encode())
    delete(wiring)
    report = rebuild()
    assert (report.open, [one.place for one in report.unread]) == (1, ["#7"])


def test_an_item_ref_beside_the_record_of_the_same_number_is_left_over(
    wiring: Wiring, web: Path, rebuild: Rebuild
) -> None:
    number = factories.completed(wiring)
    ref = f"refs/calcifer/items/{number}"
    item(web, render(open_record(number=number)).encode(), ref)
    delete(wiring)
    report = rebuild()
    assert (report.open, report.completed, [one.place for one in report.unread]) == (0, 1, [ref])


def test_repositories_that_cannot_be_read_keep_no_other_from_it(wiring: Wiring, web: Path, rebuild: Rebuild) -> None:
    home = wiring.settings.home
    factories.completed(wiring)
    damaged(factories.service(wiring, "broken"))
    git(home, "init", "-q", "--object-format=sha256", "modern")
    git(home, "init", "-q", "empty")
    (home / "fake" / ".git").mkdir(parents=True)
    (home / "notes").mkdir()
    delete(wiring)
    report = rebuild()
    assert (report.services, report.completed) == (2, 1)
    assert {one.service for one in report.unread} == {"broken", "modern", "fake"}


def test_a_name_that_two_directories_claim_goes_to_the_one_that_is_called_so(
    wiring: Wiring, web: Path, rebuild: Rebuild
) -> None:
    other = wiring.settings.home / "another"
    web_copy = factories.service(wiring, "zebra")
    git(web_copy, "fetch", "-q", str(web), "refs/calcifer/adopted:refs/calcifer/forged")
    git(web_copy, "update-ref", "refs/calcifer/adopted", "refs/calcifer/forged")
    web_copy.rename(other)
    delete(wiring)
    assert rebuild().services == 2
    with wiring.units.read(OWNER) as uow:
        assert catalog.list_names(uow.db) == ["another", "web"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Service: ../../etc\nMain: main\nAdopted-At: 2026-01-31T00:00:00Z",
        "Service: x\nMain: --help\nAdopted-At: now",
    ],
)
def test_a_note_of_adoption_that_says_nothing_is_left_aside(
    wiring: Wiring, web: Path, rebuild: Rebuild, said: str
) -> None:
    forged = git(web, "commit-tree", "main^{tree}", "-p", "main", "-m", f"Adopt\n\n{said}")
    git(web, "update-ref", "refs/calcifer/adopted", forged)
    delete(wiring)
    assert rebuild().services == 1
    with wiring.units.read(OWNER) as uow:
        assert catalog.get_service(uow.db, "web").main_branch == "main"

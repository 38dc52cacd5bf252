"""Many items open at once on one repository, completed from as many threads: nothing is lost, nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from calcifer.kit.errors import CalciferError
from calcifer.wiring import Wiring
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.errors import Merging
from calcifer.work.schemas import FileContent, Update
from tests.owner import OWNER
from tests.work import factories

MANY = 20


def complete(wiring: Wiring, number: int) -> CalciferError | None:
    """Complete in a unit of its own; return the error instead of raising it."""
    try:
        with wiring.units.write(OWNER) as uow:
            work.complete(uow, number)
    except CalciferError as error:
        return error
    return None


def test_twenty_items_complete_from_twenty_threads(wiring: Wiring) -> None:
    path = factories.service(wiring)
    numbers = []
    for n in range(MANY):
        number = factories.opened(wiring, title=f"Change {n}")
        factories.committed(wiring, number, f"content {n}\n", path=f"files/{n}.txt")
        factories.finished(wiring, number)
        numbers.append(number)
    with ThreadPoolExecutor(MANY) as pool:
        errors = list(pool.map(lambda number: complete(wiring, number), numbers))
    assert errors == [None] * MANY
    changes = (path / "CHANGES.md").read_text()
    assert all(changes.count(f"(#{number})") == 1 for number in numbers)
    assert changes.count("\n## ") == MANY
    assert {(path / "files" / f"{n}.txt").read_text() for n in range(MANY)} == {f"content {n}\n" for n in range(MANY)}
    assert factories.git(path, "status", "--porcelain") == ""
    assert factories.git(path, "log", "--merges", "--first-parent", "--format=%s", "main").count("\n") == MANY - 1
    assert factories.git(path, "for-each-ref", "--format=%(refname)").split() == [
        "refs/calcifer/adopted",
        "refs/heads/main",
    ]
    factories.git(path, "fsck", "--strict")


def test_where_two_changed_the_same_line_one_is_refused_brought_up_to_date_and_completes(wiring: Wiring) -> None:
    path = factories.service(wiring)
    one = factories.ready(wiring, title="One", content=factories.COMPOSE.replace("1.25", "1.26"))
    two = factories.ready(wiring, title="Two", content=factories.COMPOSE.replace("1.25", "1.27"))
    with ThreadPoolExecutor(2) as pool:
        errors = list(pool.map(lambda number: complete(wiring, number), (one, two)))
    refused = [error for error in errors if error]
    assert len(refused) == 1
    assert isinstance(refused[0], Merging)
    assert "docker-compose.yml" in refused[0].message
    late = (one, two)[errors.index(refused[0])]
    with wiring.units.read(OWNER) as uow:
        assert queries.get_item(uow.db, late).state == "open"
    with pytest.raises(Merging, match=r"docker-compose\.yml"), wiring.units.write(OWNER) as uow:
        work.update(uow, late)
    text = factories.COMPOSE.replace("1.25", "1.28")
    with wiring.units.write(OWNER) as uow:
        work.update(uow, late, Update(resolutions=[FileContent(path="docker-compose.yml", content=text)]))
    assert complete(wiring, late) is None
    assert (path / "docker-compose.yml").read_text() == text
    assert (path / "CHANGES.md").read_text().count("\n## ") == 2


def test_numbers_are_never_given_twice(wiring: Wiring) -> None:
    factories.service(wiring)
    with ThreadPoolExecutor(MANY) as pool:
        numbers = list(pool.map(lambda n: factories.opened(wiring, title=f"Item {n}"), range(MANY)))
    assert sorted(numbers) == list(range(1, MANY + 1))

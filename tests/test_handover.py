"""`python -m calcifer.handover`: a version tried beside the one that serves, and a database kept and put back."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from calcifer import handover, healthy, migrations
from calcifer.healthy import Answer
from calcifer.kit import aside
from calcifer.kit.db import Database
from calcifer.kit.errors import Conflict, Unavailable
from calcifer.wiring import Wiring, wire
from tests.conftest import Run

pytestmark = pytest.mark.once


def test_a_version_is_tried_on_a_copy_and_leaves_nothing(wiring: Wiring) -> None:
    before = sorted(path.name for path in wiring.settings.var.iterdir())
    (wiring.settings.var / "try-cut-off" / "var").mkdir(parents=True)
    assert migrations.newest() in handover.attempt(wiring.settings)
    assert sorted(path.name for path in wiring.settings.var.iterdir()) == before


def test_one_whose_pages_do_not_answer_is_told(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "PAGES", ("/healthz", "/api/v1/services"))
    monkeypatch.setattr(handover, "DEADLINE_SECONDS", 2.0)
    with pytest.raises(Unavailable, match=r"with \d+"):
        handover.attempt(wiring.settings)


def test_a_server_that_only_hangs_up_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Calcifer does not answer at 127.0.0.1, port 1: Remote end closed connection without response."
    answers = iter([Answer(0, said), *[Answer(200, "")] * 3])
    monkeypatch.setattr(healthy, "ask", lambda *_: next(answers))
    handover._ask(1)


def change(wiring: Wiring, statement: str) -> None:
    with wiring.units.database.writing() as session:
        session.execute(text(statement))
        session.commit()


def test_rows_of_the_same_structure_stay(wiring: Wiring) -> None:
    handover.keep(wiring.settings)
    change(wiring, "UPDATE accounts_people SET name = 'Somebody else'")
    assert "stays" in handover.put_back(wiring.settings)
    with wiring.units.database.reading() as session:
        assert set(session.scalars(text("SELECT name FROM accounts_people"))) == {"Somebody else"}
    assert not list((wiring.settings.var / "backups").glob("replaced-*"))


def test_another_structure_gives_way_to_what_was_kept_and_is_kept_itself(wiring: Wiring, calcifer: Run) -> None:
    handover.keep(wiring.settings)
    change(wiring, "CREATE TABLE novelties (id INTEGER)")
    change(wiring, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Conflict, match="A newer version of Calcifer"):
        wire(wiring.settings)
    assert "Brought back: calcifer.sqlite" in handover.put_back(wiring.settings)
    wire(wiring.settings).close()
    (aside,) = (wiring.settings.var / "backups").glob("replaced-*")
    there = Database(f"sqlite:///{aside / 'calcifer.sqlite'}")
    assert any("novelties" in line for line in there.shape())
    there.close()


class Killed(BaseException):
    """The program ends here."""


def test_it_is_put_back_without_a_moment_that_has_no_database(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    handover.keep(wiring.settings)
    change(wiring, "CREATE TABLE novelties (id INTEGER)")
    for name in ("copy", "keep", "put_in_place"):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(aside, name, die)
            handover.put_back(wiring.settings)
        assert any("novelties" in line for line in wiring.units.database.shape())
    assert "Brought back" in handover.put_back(wiring.settings)
    assert not any("novelties" in line for line in wiring.units.database.shape())


def test_a_database_at_another_place_is_kept_and_put_back_there(wiring: Wiring, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.db"
    wiring.units.database.copy_to(file)
    settings = replace(wiring.settings, database_url=f"sqlite:///{file}")
    handover.keep(settings)
    other = Database(settings.database_url)
    before = other.shape()
    with other.writing() as session:
        session.execute(text("CREATE TABLE novelties (id INTEGER)"))
        session.commit()
    assert "Brought back: calcifer.sqlite" in handover.put_back(settings)
    assert other.shape() == before
    other.close()


def test_nothing_is_said_to_be_kept_of_postgresql(wiring: Wiring) -> None:
    settings = replace(wiring.settings, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert "none is kept" in handover.keep(settings)


def test_a_start_that_migrates_keeps_the_database_first(wiring: Wiring) -> None:
    settings = replace(wiring.settings)
    change(wiring, "CREATE TABLE kept (id INTEGER)")
    old = str(int(migrations.newest()) - 1).zfill(4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "migrate", lambda _engine: None)
        change(wiring, f"UPDATE alembic_version SET version_num = '{old}'")  # noqa: S608  (four digits)
        wire(settings).close()
    (copy,) = (settings.var / "backups").glob(f"before-{migrations.newest()}-*.sqlite")
    kept = Database(f"sqlite:///{copy}")
    assert old in kept.shape()
    kept.close()

"""What is written by single statements is there as if the session had written it, and stays the session's."""

import pytest
from sqlalchemy import inspect, text

from calcifer.kit.promises import JobRow
from calcifer.kit.rows import insert_new, update_now
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring


def job(actor: Actor, wiring: Wiring, name: str) -> JobRow:
    now = wiring.units.clock()
    who = {"actor_name": actor.name, "actor_mail": actor.mail, "actor_role": actor.role}
    return JobRow(name=name, subject="web", made_at=now, due_at=now, state="pending", attempts=0, **who)


def test_new_objects_get_their_keys_and_later_edits_are_written(wiring: Wiring, actor: Actor) -> None:
    with wiring.units.write(actor) as uow:
        rows = [job(actor, wiring, name) for name in ("a.one", "a.two", "a.three")]
        insert_new(uow.db, rows)
        assert all(inspect(row).persistent and row.id for row in rows)
        assert [uow.db.get(JobRow, row.id) for row in rows] == rows
        assert not uow.db.dirty
        rows[1].progress = "half"
    with wiring.units.read(actor) as uow:
        stored = [uow.db.get_one(JobRow, row.id) for row in rows]
        assert [(row.name, row.progress) for row in stored] == [("a.one", None), ("a.two", "half"), ("a.three", None)]


def test_a_document_that_was_never_set_is_null_and_not_the_document_null(wiring: Wiring, actor: Actor) -> None:
    with wiring.units.write(actor) as uow:
        insert_new(uow.db, [job(actor, wiring, "a.one")])
        assert uow.db.scalar(text("SELECT count(*) FROM jobs WHERE result IS NULL")) == 1


def test_an_update_writes_what_it_names_and_leaves_the_rest_to_the_session(wiring: Wiring, actor: Actor) -> None:
    with wiring.units.write(actor) as uow:
        row = job(actor, wiring, "a.one")
        insert_new(uow.db, [row])
        row.progress = "half"
        update_now(uow.db, row, subject="proxy")
        assert row.subject == "proxy"
        assert uow.db.connection().execute(text("SELECT subject, progress FROM jobs")).one() == ("proxy", None)
    with wiring.units.read(actor) as uow:
        stored = uow.db.get_one(JobRow, row.id)
        assert (stored.subject, stored.progress) == ("proxy", "half")


def test_what_was_inserted_goes_with_its_unit(wiring: Wiring, actor: Actor) -> None:
    def fail() -> None:
        with wiring.units.write(actor) as uow:
            insert_new(uow.db, [job(actor, wiring, "a.one")])
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with wiring.units.read(actor) as uow:
        assert uow.db.scalar(text("SELECT count(*) FROM jobs")) == 0


@pytest.mark.once
def test_who_reads_and_who_writes_has_connections_of_their_own(wiring: Wiring, actor: Actor) -> None:
    """SQLite prepares every statement again after a connection was told to only read."""
    asked: list[int] = []
    for _ in range(2):
        with wiring.units.read(actor) as uow:
            asked.append(id(uow.db.connection().connection.driver_connection))
            assert uow.db.scalar(text("PRAGMA query_only")) == 1
        with wiring.units.write(actor) as uow:
            asked.append(id(uow.db.connection().connection.driver_connection))
            assert uow.db.scalar(text("PRAGMA query_only")) == 0
    assert asked[0] == asked[2] != asked[1] == asked[3]

"""Who may do what."""

import ast
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from tests import source
from tests.test_one_verb import EXEMPT

from calcifer.accounts.permissions import ROLES, NotAllowed, may, require
from calcifer.kit.uow import Actor
from calcifer.wiring import Wiring

OWNER, MEMBER, NOBODY = (Actor("Somebody", "a@example.org", role) for role in ("owner", "member", "nobody"))

# Sent with POST, and yet nothing changes. Verb → why.
CHANGES_NOTHING = {"services.plan": "it tells what services.adopt would do, and asks for that"}


def required() -> Iterator[str]:
    """The verbs that the program asks about."""
    for path in source.python_files(source.PACKAGE):
        for called, call in source.calls(source.tree(path)):
            if called.rpartition(".")[2] in {"require", "may"} and len(call.args) == 2:
                verb = call.args[1]
                if isinstance(verb, ast.Constant):
                    yield str(verb.value)


def test_the_table_has_whatever_is_asked() -> None:
    assert set(required()) <= set(ROLES)


def test_whatever_a_page_or_call_changes_is_asked_about() -> None:
    changed = {
        f"{domain}.{handler.verb}"
        for domain in source.domains()
        for edge in ("pages", "api")
        for handler in source.handlers_of(domain, edge)
        if handler.kind in source.WRITES
    }
    assert changed - set(required()) - set(EXEMPT) - set(CHANGES_NOTHING) == set()


def test_an_owner_may_everything_and_nobody_nothing() -> None:
    for verb in ROLES:
        assert may(OWNER, verb)  # type: ignore[arg-type]
        assert not may(NOBODY, verb)  # type: ignore[arg-type]


def test_trust_is_the_owners() -> None:
    assert not may(MEMBER, "work.trust")
    assert may(MEMBER, "work.complete")
    with pytest.raises(NotAllowed, match=r"work\.trust"):
        require(MEMBER, "work.trust")


def test_a_verb_that_nobody_wrote_down_is_a_defect() -> None:
    with pytest.raises(KeyError):
        require(OWNER, "work.explode")  # type: ignore[arg-type]


def test_a_role_is_read_at_every_request(wiring: Wiring, client: TestClient) -> None:
    assert client.post("/accounts/make-token", data={"name": "a"}).status_code == 200
    with wiring.units.database.writing() as session:
        session.execute(text("UPDATE accounts_people SET role = 'nobody'"))
        session.commit()
    answer = client.post("/accounts/make-token", data={"name": "b"})
    assert answer.status_code == 403
    assert "may not do this" in answer.text

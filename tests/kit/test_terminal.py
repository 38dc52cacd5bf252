"""What commands print, and where."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

from calcifer.kit import terminal
from calcifer.kit.errors import CalciferError, Conflict, Forbidden, Invalid, NotFound, Unavailable
from calcifer.kit.terminal import Here
from calcifer.kit.workflows import JobContext, promise
from calcifer.wiring import Wiring
from tests.owner import OWNER


class Thing(BaseModel):
    """Something to show."""

    name: str
    made_at: datetime
    is_private: bool = False
    tags: list[str] = []


THINGS = [Thing(name="one", made_at=datetime(2026, 1, 31, 14, 2, tzinfo=UTC), tags=["a", "b"])]


@pytest.fixture
def here(wiring: Wiring) -> Iterator[Here]:
    """A workspace that commands find."""
    made = Here(wiring.settings.home, wiring.units, wiring.jobs, lambda: OWNER)
    terminal.provide(lambda: made)
    yield made
    terminal.close()


def test_json_is_what_programs_can_read(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(THINGS, json=True)
    assert json.loads(capsys.readouterr().out) == [
        {"name": "one", "made_at": "2026-01-31T14:02:00Z", "is_private": False, "tags": ["a", "b"]}
    ]


def test_a_table_without_a_terminal_is_lines_with_tabs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    terminal.show(
        THINGS, columns={"Name": "name", "Tags": "tags", "Private": "is_private", "Big": lambda t: t.name.upper()}
    )
    assert capsys.readouterr().out == "Name\tTags\tPrivate\tBig\none\ta, b\tno\tONE\n"


def test_nothing_is_said_beside_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show([], empty="There is no thing.")
    assert capsys.readouterr() == ("", "There is no thing.\n")
    terminal.show([], json=True)
    assert capsys.readouterr() == ("[]\n", "")


def test_facts_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(THINGS[0], columns={"Name": "name", "Tags": "tags"})
    assert capsys.readouterr().out == "Name: one\nTags: a, b\n"
    terminal.show({"who": "Ada"})
    assert capsys.readouterr().out == "Who: Ada\n"


def test_markdown_stays_text_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show("# Title\n\n* point\n")
    assert capsys.readouterr().out == "# Title\n\n* point\n"


def test_what_a_repository_says_cannot_rewrite_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "x\x1b[2J\x1b]0;title\x07\u202ey\udc80"
    terminal.show([{"name": evil}])
    terminal.show(evil)
    terminal.fail(Conflict(evil, mend=evil))
    out, err = capsys.readouterr()
    for character in "\x1b\x07\u202e\udc80":
        assert character not in out + err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Invalid("No."), 2),
        (NotFound("No."), 3),
        (Forbidden("No."), 4),
        (Conflict("No."), 5),
        (Unavailable("No."), 6),
        (CalciferError("No."), 1),
        (type("Special", (Conflict,), {})("No."), 5),
    ],
)
def test_errors_are_a_sentence_and_an_exit_code(
    error: CalciferError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error.mend = "Do this."
    assert terminal.fail(error) == code
    assert capsys.readouterr() == ("", "Error: No.\n  → Do this.\n")


def test_without_a_server_a_command_does_what_it_promised(
    here: Here, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def talk(job: JobContext) -> None:
        job.progress("half of it")
        (tmp_path / "done").write_text(f"{job.actor.name} {job.subject}")
        raise Unavailable("The other side does not answer.", mend="Look at it.")

    here.jobs.register("test.talk", talk)
    with terminal.writing() as uow:
        promise(uow, "test.talk", "x")
    assert (tmp_path / "done").read_text() == "Ada Lovelace x"
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Warning: The other side does not answer.\n  → Look at it.\n")


def test_a_command_that_is_about_the_promise_follows_it(here: Here) -> None:
    here.jobs.register("test.talk", lambda job: {"to": job.subject})
    with terminal.writing(settle=False) as uow:
        row = promise(uow, "test.talk", "x")
    assert [ended.result for ended in terminal.follow([row.id])] == [{"to": "x"}]


def test_the_workspace_opens_once_and_late() -> None:
    opened: list[int] = []

    def opening() -> Here:
        opened.append(1)
        raise Conflict("This is no workspace.")

    terminal.provide(opening)
    assert opened == []
    with pytest.raises(Conflict):
        terminal.here()
    assert opened == [1]

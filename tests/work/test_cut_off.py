"""A loose object that a power cut has cut off: its service says so with the file and its mend, and everything else works on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.doctor import examination
from calcifer.kit.diagnosis import Ward
from calcifer.services.service.scanning import look
from calcifer.wiring import Wiring
from tests.owner import OWNER
from tests.work import factories
from tests.work.factories import git

SOURCES = Path(__file__).parents[2] / "src"
POSITIONS = ["main", "main^{tree}", "main:docker-compose.yml", "work", "work:docker-compose.yml", "item"]


pytestmark = [pytest.mark.usefixtures("no_loop"), pytest.mark.once]


@pytest.fixture
def number(wiring: Wiring) -> int:
    """An item that is ready, beside a service that has nothing to do with it; no other test has read the same files."""
    mark = f"# {wiring.settings.home} {time.time_ns()}\n"
    factories.service(wiring, files={"docker-compose.yml": mark + factories.COMPOSE})
    factories.service(wiring, "other")
    return factories.ready(wiring, content=mark + factories.COMPOSE.replace("1.25", "1.27"))


def cut(path: Path, what: str, number: int) -> Path:
    """Leave half of an object's file, whose whole content a clone has; return the file."""
    git(path.parent, "clone", "-q", "--mirror", "--no-hardlinks", str(path), str(path.parent / "var" / "clone"))
    names = {"work": f"work/{number}-pin-nginx", "item": f"refs/calcifer/items/{number}"}
    name = what.replace("work", names["work"]).replace("item", names["item"])
    oid = git(path, "rev-parse", name)
    file = path / ".git" / "objects" / oid[:2] / oid[2:]
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[: len(whole) // 2])
    return file


def mended(mend: str, home: Path) -> None:
    """Type what is said to mend it."""
    command, _, _ = mend.partition("; where CLONE is")
    subprocess.run(
        ["sh", "-ec", command.replace("CLONE", str(home / "var" / "clone"))], check=True, capture_output=True
    )


def run(wiring: Wiring, *words: str) -> tuple[int, str]:
    """Give a command in a process of its own, which is not waited for long."""
    env = os.environ | {"PYTHONPATH": str(SOURCES), "COLUMNS": "2000"}
    env |= {"CALCIFER_HOME": str(wiring.settings.home), "CALCIFER_DATABASE_URL": wiring.settings.database_url}
    done = subprocess.run(
        [sys.executable, "-m", "calcifer", *words], env=env, timeout=60, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("what", ["main", "main^{tree}", "main:docker-compose.yml", "item"])
def test_commands_end_and_name_the_file(wiring: Wiring, number: int, home: Path, what: str) -> None:
    file = cut(home / "web", what, number)
    wiring.close()
    code, said = run(wiring, "doctor")
    assert code == 5
    assert str(file) in said
    assert "hash-object" in said
    code, said = run(wiring, "scan")
    assert code == 0 or str(file) in said
    assert run(wiring, "work", "show", str(number))[0] == 0
    assert run(wiring, "work", "open", "Elsewhere", "-m", "Why", "-s", "other")[0] == 0


@pytest.mark.parametrize("what", POSITIONS)
def test_page_and_doctor_say_so_and_the_mend_mends(
    wiring: Wiring, number: int, home: Path, client: TestClient, api: TestClient, what: str
) -> None:
    file = cut(home / "web", what, number)
    ward = Ward(home, wiring.settings.var, wiring.units, OWNER)
    answers = [client.get(f"/work/{number}"), client.get("/services/web"), client.get("/services"), client.get("/")]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert {answer.status_code for answer in answers[2:]} == {200}
    if what != "item":
        assert str(file) in answers[0].text
    if what in {"main", "main^{tree}"}:
        assert str(file) in answers[1].text
    assert api.post(f"/api/v1/work/{number}/complete").status_code != 500
    factories.completed(wiring, "other", "Elsewhere")
    found = [one.finding for one in examination.examine(ward).found if str(file) in one.finding.sentence]
    assert found
    assert {one.subject for one in found} == {"web"}
    mended(found[0].mend, home)
    assert client.get(f"/work/{number}").status_code == 200
    assert examination.examine(ward).found == []
    if api.get(f"/api/v1/work/{number}").json()["state"] == "open":
        assert api.post(f"/api/v1/work/{number}/complete").status_code == 200


def test_a_new_service_with_a_broken_object_is_refused_by_name(wiring: Wiring, number: int, home: Path) -> None:
    path = home / "third"
    path.mkdir()
    git(path, "init", "-q")
    (path / "README.md").write_text("# Third\n")
    git(path, "add", ".")
    git(path, "commit", "-qm", "Begin")
    file = cut(path, "main", number)
    report = look(wiring.units, OWNER, home)
    assert [name for name, _ in report.failed] == ["third"]
    assert str(file) in report.failed[0][1]

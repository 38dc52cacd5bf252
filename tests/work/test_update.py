"""A branch is brought up to date: main merges into it, and a conflict names its files."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict, Invalid
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import FileContent, Update
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories


def behind(wiring: Wiring, *, conflicting: bool) -> int:
    """Open an item with a commit, and let main move past it."""
    number = factories.opened(wiring)
    factories.committed(wiring, number)
    if conflicting:
        factories.completed(wiring, content=factories.COMPOSE.replace("1.25", "1.26"))
    else:
        other = factories.opened(wiring, title="Other")
        factories.committed(wiring, other, "other\n", path="other.txt")
        factories.finished(wiring, other)
        with wiring.units.write(OWNER) as uow:
            work.complete(uow, other)
    return number


def test_main_is_merged_never_rebased(wiring: Wiring, web: Path) -> None:
    number = behind(wiring, conflicting=False)
    old = factories.git(web, "rev-parse", f"work/{number}-pin-nginx")
    with wiring.units.write(OWNER) as uow:
        work.update(uow, number)
    branch = f"work/{number}-pin-nginx"
    assert factories.git(web, "rev-parse", f"{branch}^1") == old
    assert factories.git(web, "rev-parse", f"{branch}^2") == factories.git(web, "rev-parse", "main")
    assert "1.27" in factories.git(web, "show", f"{branch}:docker-compose.yml")


def test_a_conflict_changes_nothing_and_leaves_no_marks(wiring: Wiring, web: Path) -> None:
    number = behind(wiring, conflicting=True)
    old = factories.git(web, "rev-parse", f"work/{number}-pin-nginx")
    with pytest.raises(Conflict, match=r"docker-compose\.yml"), wiring.units.write(OWNER) as uow:
        work.update(uow, number)
    assert factories.git(web, "rev-parse", f"work/{number}-pin-nginx") == old
    assert not (web / ".git" / "MERGE_HEAD").exists()


def test_marks_are_not_taken_for_a_resolution(wiring: Wiring, web: Path) -> None:
    number = behind(wiring, conflicting=True)
    marked = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"
    how = Update(resolutions=[FileContent(path="docker-compose.yml", content=marked)])
    with pytest.raises(Invalid, match="conflict marks"), wiring.units.write(OWNER) as uow:
        work.update(uow, number, how)


def test_page_shows_both_sides_and_takes_the_answer(client: TestClient, wiring: Wiring, web: Path) -> None:
    number = behind(wiring, conflicting=True)
    page = client.get(f"/work/{number}/update")
    assert "nginx:1.26" in page.text
    assert "nginx:1.27" in page.text
    answer = client.post(f"/work/{number}/update", data={"path": "docker-compose.yml", "content": factories.COMPOSE})
    assert "up to date" in answer.text


def test_api_and_command(api: TestClient, calcifer: Run, wiring: Wiring, web: Path, tmp_path: Path) -> None:
    number = behind(wiring, conflicting=True)
    refused = api.post(f"/api/v1/work/{number}/update", json={})
    assert refused.status_code == 409
    assert "docker-compose.yml" in refused.json()["detail"]
    assert "--file docker-compose.yml=LOCALFILE" in refused.json()["mend"]
    told = calcifer("work", "update", number)
    assert told.code == 5
    assert f"calcifer work update {number} --file docker-compose.yml=LOCALFILE" in told.err
    local = tmp_path / "both.yml"
    local.write_text(factories.COMPOSE.replace("1.25", "1.28"))
    assert calcifer("work", "update", number, "-f", f"docker-compose.yml={local}").code == 0
    assert "1.28" in factories.git(web, "show", f"work/{number}-pin-nginx:docker-compose.yml")

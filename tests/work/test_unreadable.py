"""A repository that is gone or damaged is a sentence on the pages of its items, not a failure."""

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Unavailable
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.work import factories


@pytest.mark.parametrize(("what", "said"), [(".", "no git repository"), (".git/objects", "damaged")])
def test_item_page_and_api(
    client: TestClient, api: TestClient, wiring: Wiring, web: Path, what: str, said: str
) -> None:
    number = factories.ready(wiring)
    shutil.rmtree(web / what)
    if what != ".":
        (web / what).mkdir()
    answer = client.get(f"/work/{number}")
    assert answer.status_code == 200
    assert said in answer.text
    assert api.get(f"/api/v1/work/{number}").json()["can_complete"] is False
    assert api.post(f"/api/v1/work/{number}/complete").status_code in {404, 503}


def test_sha_256_is_refused_by_name(wiring: Wiring) -> None:
    path = wiring.settings.home / "new"
    path.mkdir()
    factories.git(path, "init", "-q", "--object-format=sha256")
    with pytest.raises(Unavailable, match="by SHA-256, which Calcifer cannot read"):
        factories.register(wiring, path)


def test_a_branch_that_was_deleted_is_told_with_the_way_to_bring_it_back(
    client: TestClient, calcifer: Run, wiring: Wiring, web: Path
) -> None:
    number = factories.opened(wiring)
    head = factories.committed(wiring, number)
    factories.git(web, "branch", "-q", "-D", f"work/{number}-pin-nginx")
    page = client.get(f"/work/{number}").text
    assert f"git -C {web} branch work/{number}-pin-nginx {head}" in page
    assert "0 ahead" not in page
    assert "0 ahead" not in calcifer("work", "show", number).out
    assert "0 ahead" not in calcifer("context", number).out

"""What someone who joins needs to know."""

from pathlib import Path

from starlette.testclient import TestClient

from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.work import factories


def test_a_completed_item_shows_its_change_and_not_its_record(
    client: TestClient, api: TestClient, calcifer: Run, wiring: Wiring, web: Path
) -> None:
    before = factories.completed(wiring, title="Begin well")
    number = factories.completed(wiring, content=factories.COMPOSE.replace("1.25", "1.29"))
    for told in (
        client.get(f"/work/{number}/context").text,
        api.get(f"/api/v1/work/{number}/context").text,
        calcifer("context", number).out,
        calcifer("context", number, "--json").json["markdown"],
    ):
        assert "+    image: nginx:1.29" in told
        assert ".calcifer/work" not in told
        assert f"#{before} Begin well" in told.partition("## Completed before")[2]
        assert f"#{number} " not in told.partition("## Completed before")[2].partition("## ")[0]

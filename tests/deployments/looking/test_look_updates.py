"""Registries are asked for newer contents of what runs on a host."""

from datetime import UTC, datetime

from starlette.testclient import TestClient

from calcifer.deployments.looking import registries
from calcifer.updates.models import Image
from calcifer.wiring import Wiring
from tests.conftest import Run
from tests.deployments.looking.conftest import Engine
from tests.deployments.looking.saying import said
from tests.registry import digest_of, serving


def test_what_runs_is_compared_with_the_registry(
    engine: Engine, here: str, calcifer: Run, client: TestClient, api: TestClient, wiring: Wiring
) -> None:
    with serving() as registry:
        registry.push("web", "1.0", content="new")
        name = f"{registry.name}/web"
        image = f'image\t{{"id":"sha256:2","tags":["{name}:1.0"],"digests":["{name}@{digest_of("old")}"],"created":""}}'
        engine(said({"stack": "web", "service": "app", "ref": f"{name}:1.0", "image": "sha256:2"}, more=image))
        ran = calcifer("look", here, "--updates", "--json")
        assert ran.code == 0
        (container,) = ran.json[0]["stacks"][0]["containers"]
        assert (container["digest"], container["newest"]) == (digest_of("old"), digest_of("new"))
        assert ran.json[0]["updates"].startswith(
            "1 container has an image of which its registry has a newer content, as of "
        )
        assert registry.asked == ["HEAD /v2/web/manifests/1.0"]
        registry.push("web", "1.0", content="old")
        client.post("/deployments/look", data={"host": here, "updates": "true"})
        wiring.jobs.run_due()
        assert "Every image is the one that its registry has" in client.get(f"/deployments/look/{here}").text
        assert len(api.post("/api/v1/deployments/look", json={"hosts": [here], "updates": True}).json()["items"]) == 2


def test_what_is_in_no_registry_is_not_asked_for() -> None:
    def content(*containers: dict[str, str]) -> dict[str, list[dict[str, list[dict[str, str]]]]]:
        return {"stacks": [{"containers": list(containers)}]}

    mine = content({"image": "mine:1", "digest": ""}, {"image": "sha256:" + "a" * 64, "digest": "sha256:b"})
    assert registries.references(mine) == []
    one = Image(name="docker.io/library/mine", digests={"1": ["y", "2026-03-01T10:00:00+00:00"]})
    assert registries.told(mine, {one.name: one}) == mine
    # What the registry was asked later for another tag makes this no newer, nor does an image without an answer count.
    one.checked_at = datetime(2026, 3, 2, tzinfo=UTC)
    there = content({"image": "mine:1", "digest": "y"}, {"image": "mine:2", "digest": "z"})
    assert "as of 2026-03-01 10:00 UTC" in registries.told(there, {one.name: one})["updates"]
    one.checked_at = None
    assert "as of 2026-03-01 10:00 UTC" in registries.told(there, {one.name: one})["updates"]

"""A version is in service once its endpoints answer; where one does not, the version before comes back, and it is said which."""

import pytest
import yaml

from calcifer.deployments.service import carrying
from tests.deployments.conftest import GOOD, Deployed
from tests.monitoring.test_probe import OK, saying, serving

pytestmark = pytest.mark.once


@pytest.mark.once
def test_one_that_does_not_answer_takes_the_version_back(web: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "ENDPOINT_SECONDS", 0.2)
    monkeypatch.setattr(carrying, "DEADLINE_SECONDS", 3.0)
    path = web.path / ".calcifer/service.yaml"
    with serving(saying(OK)) as port:
        url = f"http://127.0.0.1:{port}/"
        said = {
            "targets": [{"host": "here"}],
            "endpoints": [{"url": url}, {"url": "tcp://127.0.0.1:1", "target": "test"}],
        }
        path.write_text(yaml.safe_dump(said))
        first = web.commit()
        good = web.deploy()
        assert (good.state, good.verdict) == ("good", f"web-web-1 is running. {url} answers 200.")
        path.write_text(yaml.safe_dump(said | {"endpoints": [{"url": url, "name": "Start page", "expect": 401}]}))
        web.commit({"web": GOOD["web"] | {"image": "web:2"}})
        bad = web.deploy()
    assert (bad.state, bad.before) == ("returned", first)
    assert f"Start page ({url}) answers 200, and 401 is expected." in (bad.error or "")
    assert bad.verdict == f"web-web-1 is running. {url} answers 200."
    assert web.containers()["web"]["ref"] == "web:1"

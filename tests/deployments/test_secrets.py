"""Secrets on their way to a host: what a container is to see lies in .env, follows a rollback, and is found nowhere else."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from calcifer.secrets.keys import Keys
from tests.conftest import Git, Run
from tests.deployments.conftest import GOOD, Deployed
from tests.secrets.conftest import Typing
from tests.secrets.conftest import put as put  # noqa: PLC0414  (a fixture)

pytestmark = pytest.mark.once

ONE, TWO = "c4nary-7Kd02mQx-one", "c4nary 9Lp41nRy\ntwo"
CANARY = b"c4nary"
PAGES = (
    "/", "/activity", "/deployments", "/deployments/1", "/deployments/2", "/deployments/matrix", "/secrets?service=web", "/doctor",
    "/work/1", "/work/1/diff", "/work/2/diff", "/work/3/diff", "/services/web", "/services/web/history", "/services/web/files",
    "/secrets?service=none", "/api/v1/activity", "/api/v1/deployments", "/api/v1/deployments/2/log", "/api/v1/secrets/web",
    "/api/v1/work/2", "/api/v1/services/web",
)  # fmt: skip


@contextmanager
def watched() -> Iterator[set[bytes]]:
    """Look at the arguments and environments of all processes, again and again."""
    seen: set[bytes] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        said = (process / name).read_bytes()
                    except OSError:
                        continue
                    if CANARY in said:
                        seen.add(said)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield seen
    finally:
        ended.set()
        watching.join()


def leaks(web: Deployed) -> list[str]:
    """Where the canary is: on the server and the host, .env itself left out, and in the objects of git."""
    every = [path for path in (*web.wiring.settings.home.rglob("*"), *web.root.glob("opt/**/*")) if path.is_file()]
    found = [str(path) for path in every if path != web.place / ".env" and CANARY in path.read_bytes()]
    objects = ["git", "cat-file", "--batch-all-objects", "--batch"]
    content = subprocess.run(objects, cwd=web.path, capture_output=True, check=True).stdout
    return found + ["git"] * (CANARY in content)


def test_the_canary_is_in_env_alone(
    web: Deployed, put: Typing, calcifer: Run, client: TestClient, api: TestClient, tmp_path: Path
) -> None:
    env = web.place / ".env"
    with watched() as seen:
        web.commit(files={".env": "A=1\n"})
        put(ONE, "PASSWORD")
        first = web.deploy()
        assert (first.state, env.stat().st_mode & 0o777) == ("good", 0o600)
        assert env.read_text().startswith("A=1\n\n# >>> secrets, put here by Calcifer")
        assert f"\nPASSWORD='{ONE}'\n" in env.read_text()
        assert leaks(web) == []
        put(TWO, "PASSWORD")
        second = web.deploy()
        assert '\nPASSWORD="c4nary 9Lp41nRy\\ntwo"\n' in env.read_text()
        assert "C .calcifer/secrets/production/PASSWORD.age" in second.plan["files"]
        calcifer("secrets", "remove", "web", "PASSWORD")
        web.commit({"web": {"image": "web:2", "x-fail": "no such image"}})
        assert web.deploy().state == "returned"
        assert "9Lp41nRy" in env.read_text()
        assert leaks(web) == []
        web.commit(GOOD)
        assert web.deploy().state == "good"
        assert env.read_text() == "A=1\n"
        assert web.wait(rollback(calcifer)).state == "good"
        assert "9Lp41nRy" in env.read_text(), "a rollback brings the secrets of the version that it goes back to"
        assert leaks(web) == []
        env.write_text(env.read_text().replace("9Lp41nRy", "edited"))
        held = web.deploy()
        assert (held.state, ".env" in (held.error or "")) == ("held", True)
        calcifer("deployments", "proceed", held.id)
        assert "c4nary" not in env.read_text()
        calcifer("doctor", "examine")
        calcifer("rebuild")
        answers = [client.get(page) for page in PAGES if not page.startswith("/api")]
        answers += [api.get(page) for page in PAGES if page.startswith("/api")]
    assert not [answer.url for answer in answers if CANARY in answer.content]
    assert any("The encrypted value of PASSWORD is new." in answer.text for answer in answers)
    assert any("The encrypted value of PASSWORD is another one." in answer.text for answer in answers)
    assert seen == set()
    assert leaks(web) == []
    (tmp_path / "opt" / "web" / "proof").write_bytes(CANARY)
    assert len(leaks(web)) == 1, "it would be found"


def rollback(calcifer: Run) -> int:
    return int(calcifer("rollback", "web", "--json").json["id"])


def test_without_the_key_nothing_is_touched(web: Deployed, put: Typing, git: Git) -> None:
    put(ONE, "PASSWORD")
    Keys(web.wiring.settings.var).file.unlink()
    done = web.deploy()
    assert done.state == "failed"
    assert done.error == "The secret PASSWORD of production needs a key, and none is here. Nothing was changed."
    assert (done.mend or "").startswith("Put the recovery key in: calcifer secrets restore")
    assert not web.place.exists()

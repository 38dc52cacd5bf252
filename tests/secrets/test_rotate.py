"""A new key: every secret is encrypted for it, and the old one still reads what was committed before."""

import pytest
from fastapi.testclient import TestClient
from tests.conftest import Git, Run
from tests.deployments.conftest import Deployed
from tests.secrets.conftest import FILE, Typing

from calcifer.kit import age
from calcifer.secrets.keys import Keys

pytestmark = pytest.mark.once


def test_encrypts_everything_anew(web: Deployed, put: Typing, calcifer: Run, keys: Keys, git: Git) -> None:
    put("one", "PASSWORD")
    (old,), recovery = keys.identities(), keys.recovery()
    before = git(web.path, "rev-parse", "main")
    assert "doctor" not in calcifer("doctor", "examine", "--json").err
    done = calcifer("secrets", "rotate", "--json")
    assert [one["service"] for one in done.json["items"]] == ["web"]
    new, kept = keys.identities()
    assert kept == old
    assert age.decrypt((web.path / FILE).read_bytes(), [new]) == b"one"
    assert age.decrypt((web.path / FILE).read_bytes(), age.identities(recovery)) == b"one"
    assert age.decrypt(git(web.path, "show", f"{before}:{FILE}").encode() + b"\n", [kept]) == b"one"
    calcifer("secrets", "rotate", "--recovery")
    assert age.identities(keys.recovery()) != age.identities(recovery)


def test_for_programs(web: Deployed, api: TestClient, keys: Keys) -> None:
    assert api.post("/api/v1/secrets/rotate").json() == {"items": []}
    assert len(keys.identities()) == 2

"""A secret is set: encrypted for the workspace and its recovery key, and a change of the repository like any other."""

import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from tests.conftest import Git, Run
from tests.deployments.conftest import Deployed
from tests.owner import OWNER
from tests.secrets.conftest import FILE, Typing, age

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit import age as kit_age
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.uow import Actor
from calcifer.secrets import service
from calcifer.secrets.keys import Keys
from calcifer.secrets.schemas import NewSecret

VALUE = "two\nlines, $one 'quoted' #not"


def test_is_an_item_with_an_encrypted_file(web: Deployed, put: Typing, keys: Keys, git: Git) -> None:
    put(VALUE + "\n", "PASSWORD", "-m", "For Bob")
    sealed = git(web.path, "show", f"main:{FILE}")
    assert sealed.startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert "For Bob" in git(web.path, "show", "main:CHANGES.md")
    assert git(web.path, "status", "--short") == ""
    assert keys.file.stat().st_mode & 0o777 == 0o600
    assert keys.file.parent.stat().st_mode & 0o777 == 0o700
    assert kit_age.decrypt(f"{sealed}\n".encode(), keys.identities()).decode() == VALUE


@pytest.mark.skipif(shutil.which("age") is None, reason="the program age is a package of its own")
def test_plain_age_reads_it_with_either_key(web: Deployed, put: Typing, keys: Keys, tmp_path: Path) -> None:
    put(VALUE, "PASSWORD")
    sealed = (web.path / FILE).read_bytes()
    (tmp_path / "recovery").write_text(keys.recovery())
    assert age(keys.file, sealed) == VALUE
    assert age(tmp_path / "recovery", sealed) == VALUE


def test_an_open_item_takes_it(web: Deployed, put: Typing, calcifer: Run, git: Git) -> None:
    number = calcifer("work", "open", "Passwords", "-s", "web", "-m", "Needed", "--json").json["number"]
    put("v4lue", "PASSWORD", "--item", str(number))
    assert not (web.path / FILE).exists()
    branch = git(web.path, "branch", "--list", "work/*", "--format=%(refname:short)")
    assert git(web.path, "show", f"{branch}:{FILE}").startswith("-----BEGIN AGE")
    assert git(web.path, "show", f"{branch}:changes.d/1.md") == "Set the secret PASSWORD of production"


@pytest.mark.parametrize("name", ["1A", "A-B", "A B", "", "A" * 129, "../A", "COMPOSE_FILE", "DOCKER_HOST", "PATH"])
def test_a_name_that_is_no_variable_is_refused(web: Deployed, name: str, keys: Keys) -> None:
    with pytest.raises(Invalid), web.wiring.units.write(OWNER) as uow:
        service.set(uow, "web", NewSecret.model_construct(name=name, target=None, value=SecretStr("x")), keys)
    assert not keys.file.exists()


def test_what_cannot_be_written_is_refused_and_not_said(web: Deployed, api: TestClient, client: TestClient) -> None:
    asked = {"name": "PASSWORD", "value": "c4nary\0"}
    answer = api.post("/api/v1/secrets/web/set", json=asked)
    assert (answer.status_code, "NUL" in answer.text, "c4nary" in answer.text) == (422, True, False)
    assert "c4nary" not in api.post("/api/v1/secrets/web/set", json=asked | {"name": 3, "value": ["c4nary"]}).text
    form = {"service_name": "web", "name": "A-B", "target": "production", "value": "c4nary", "reason": "r3ason"}
    answer = client.post("/secrets/set?service=web", data=form)
    assert (answer.status_code, "Name a variable" in answer.text, "r3ason" in answer.text) == (422, True, True)
    assert "c4nary" not in answer.text
    assert api.post("/api/v1/secrets/web/set", json={"name": "A", "value": "x", "target": "test"}).status_code == 422


def test_the_page_sets_it(web: Deployed, client: TestClient, api: TestClient) -> None:
    form = {"service_name": "web", "name": "PASSWORD", "target": "production", "value": "a\r\nb", "reason": ""}
    answer = client.post("/secrets/set?service=web", data=form)
    assert "is completed" in answer.text
    listed = client.get("/secrets?service=web").text
    assert "PASSWORD" in listed
    assert "••••" in listed
    assert "calcifer secrets recovery" in listed
    assert api.post("/api/v1/secrets/web/reveal", json={"name": "PASSWORD"}).json()["value"] == "a\nb"


def test_a_lost_key_is_not_replaced_in_silence(web: Deployed, put: Typing, keys: Keys) -> None:
    put("one", "PASSWORD")
    keys.file.unlink()
    with pytest.raises(Conflict, match="has secrets that need it"), web.wiring.units.write(OWNER) as uow:
        service.set(uow, "web", NewSecret(name="OTHER", value="x"), keys)
    assert not keys.file.exists()


def test_members_may_not(web: Deployed, keys: Keys) -> None:
    member = Actor("Bob", "bob@example.org", "member")
    with pytest.raises(NotAllowed), web.wiring.units.write(member) as uow:
        service.set(uow, "web", NewSecret(name="A", value="x"), keys)

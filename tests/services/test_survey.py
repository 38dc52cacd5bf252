"""A survey says what a user or group of a forge has, and takes nothing."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.errors import CalciferError, Invalid
from calcifer.kit.promises import list_jobs
from calcifer.kit.ssh import Host, read_host_address
from calcifer.kit.uow import Actor
from calcifer.services import service
from calcifer.services.elsewhere import Asked
from calcifer.services.forges import read_address
from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.forge import TOKEN, answered, serving
from tests.owner import OWNER
from tests.services.arriving import filled, found, surveyed

Git = Callable[..., str]
KINDS = ("gitea", "github", "gitlab")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_archived_forked_or_empty_is_shown_and_not_taken(
    wiring: Wiring, tmp_path: Path, git: Git, kind: str
) -> None:
    with serving(kind, tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        public = found(surveyed(wiring, f"{forge.url}/home"))
        mine = found(surveyed(wiring, f"{forge.url}/home/", TOKEN))
        of_ada = found(surveyed(wiring, f"{forge.url}/ada", TOKEN))
    assert "home/Secret.App" not in public
    assert {path: (one["name"], one["by_default"], one["reason"]) for path, one in mine.items()} == {
        "home/web": ("web", True, ""),
        "home/Secret.App": ("secret.app", True, ""),
        "home/old": ("old", False, "is archived"),
        "home/copy": ("copy", False, "is a fork"),
        "home/void": ("void", kind == "github", "" if kind == "github" else "is empty: it has no commits"),
    }
    assert mine["home/web"]["source"] == f"{forge.url}/home/web.git"
    assert "private" in mine["home/Secret.App"]["notes"]
    assert set(of_ada) == {"ada/notes", "ada/open"}
    assert [path.name for path in wiring.settings.home.iterdir()] == ["var"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("has_links", [True, False])
def test_all_pages_are_read(wiring: Wiring, tmp_path: Path, kind: str, has_links: bool) -> None:  # noqa: FBT001
    with serving(kind, tmp_path / "forge") as forge:
        forge.has_links = has_links
        forge.add("home/one")
        forge.projects = [type(forge.projects[0])(f"home/r{number:03}") for number in range(150)]
        assert len(found(surveyed(wiring, f"{forge.url}/home"))) == 150


def test_groups_below_a_group_come_along_and_names_do_not_clash(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitlab", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        forge.add("home/sub/web", tmp_path / "source")
        forge.groups.add("home/sub")
        names = {path: one["name"] for path, one in found(surveyed(wiring, f"{forge.url}/home")).items()}
        assert set(found(surveyed(wiring, f"{forge.url}/home/sub"))) == {"home/sub/web"}
    assert (names["home/sub/web"], names["home/web"]) == ("web", "home-web")


def test_a_forge_below_an_address_is_found(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        forge.below = "/git"
        assert found(surveyed(wiring, f"{forge.url}/git/home"))["home/web"]["source"] == f"{forge.url}/git/home/web.git"


def test_one_that_wants_a_sign_in_for_everything(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        forge.wants_sign_in = True
        assert "wants a token for this" in (surveyed(wiring, f"{forge.url}/home").error or "")
        assert "does not take this token" in (surveyed(wiring, f"{forge.url}/home", "wrong").error or "")
        assert "home/web" in found(surveyed(wiring, f"{forge.url}/home", TOKEN))


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_not_there_is_said(wiring: Wiring, tmp_path: Path, kind: str) -> None:
    with serving(kind, tmp_path / "forge") as forge:
        row = surveyed(wiring, f"{forge.url}/nobody")
        assert (row.state, "no user and no group 'nobody'" in (row.error or "")) == ("failed", True)
        assert "name a user or group" in (surveyed(wiring, forge.url).error or "")


def test_what_is_no_forge_is_said(wiring: Wiring, tmp_path: Path) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        forge.answers["/"] = 200, {}, b"<html>"
        assert "is no Gitea, Forgejo, GitHub or GitLab" in (surveyed(wiring, f"{forge.url}/home").error or "")
        url = forge.url
    row = surveyed(wiring, f"{url}/home")
    assert (row.state, "cannot be reached: Connection refused" in (row.error or "")) == ("pending", True)


def test_no_redirect_is_followed_and_no_other_place_gets_the_token(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitea", tmp_path / "other") as other, serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        away = other.url.replace("127.0.0.1", "localhost")
        forge.answers["/api/v1/orgs"] = answered([], 307, {"Location": f"{away}/api/v1/orgs/home/repos"})
        row = surveyed(wiring, f"{forge.url}/home", TOKEN)
        assert f"leads to {away}" in (row.error or "")
        forge.answers["/api/v1/orgs"] = answered([{}] * 50, 200, {"Link": f'<{away}/api/v1/x>; rel="next"'})
        row = surveyed(wiring, f"{forge.url}/home", TOKEN)
        assert f"names {away} for more" in (row.error or "")
        assert other.asked == []


def test_one_that_leads_to_its_sign_in_is_found(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitlab", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        forge.answers["/api/v1"] = 302, {"Location": "/users/sign_in"}, b""
        forge.answers["/users/sign_in"] = 200, {"Content-Type": "text/html"}, b"<html>"
        assert "home/web" in found(surveyed(wiring, f"{forge.url}/home", TOKEN))
        forge.answers["/api/v4/groups"] = 302, {"Location": "/api/v4/groups"}, b""
        assert f"leads to {forge.url}" in (surveyed(wiring, f"{forge.url}/home", TOKEN).error or "")


def test_one_that_moved_is_named(wiring: Wiring, tmp_path: Path) -> None:
    with serving("gitlab", tmp_path / "forge") as forge:
        forge.answers["/"] = 301, {"Location": "https://git.example.org/elsewhere"}, b""
        assert "leads to https://git.example.org: name that" in (surveyed(wiring, f"{forge.url}/home").error or "")


def test_a_certificate_that_the_machine_does_not_trust_ends_it(
    wiring: Wiring, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tmp_path / "made.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    (tmp_path / "both.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
    with serving("gitea", tmp_path / "forge", tmp_path / "both.pem") as forge:
        filled(forge, tmp_path, git)
        row = surveyed(wiring, f"{forge.url}/home", TOKEN)
        assert (row.state, "does not trust: self-signed certificate" in (row.error or "")) == ("failed", True)
        assert forge.asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # what adding it to the machine's does
        row = surveyed(wiring, f"{forge.url}/home", TOKEN)
        assert (row.state, (row.result or {})["notes"]) == ("done", [])


def test_pages_without_an_end_are_left(wiring: Wiring, tmp_path: Path) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        again = {"Link": f'<{forge.url}/api/v1/orgs/home/repos?page=1&limit=50>; rel="next"'}
        forge.answers["/api/v1/orgs"] = answered([], 200, again)
        assert "come to an end" in (surveyed(wiring, f"{forge.url}/home").error or "")
        forge.answers["/api/v1/orgs"] = answered([{}] * 2001, 200, {})
        assert "more than 2000" in (surveyed(wiring, f"{forge.url}/home").error or "")


@pytest.mark.parametrize(
    "one",
    [
        None, 7, [], {"full_name": 3}, {"full_name": "../../etc"}, {"full_name": "home/.."}, {"full_name": "home/a b"},
        {"full_name": "--upload-pack=x/y"}, {"full_name": "a/" + "x" * 300}, {"full_name": "home/x?y"}, {"full_name": "x"},
    ],
)  # fmt: skip
def test_paths_that_are_none_are_left_out(wiring: Wiring, tmp_path: Path, one: object) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        good = {"full_name": "home/web", "description": "a\x00\u202eb" * 500, "ssh_url": "-oProxyCommand=x"}
        forge.answers["/api/v1/orgs"] = answered([one, good, one])
        seen = found(surveyed(wiring, f"{forge.url}/home"))
    assert set(seen) == {"home/web"}
    assert seen["home/web"]["notes"] == [seen["home/web"]["notes"][0]]
    assert "\u202e" not in seen["home/web"]["notes"][0]


@pytest.mark.parametrize(
    "ssh", ["git@evil.example.org:home/web.git", "ssh://evil.example.org/x", "-oProxyCommand=x", "ext::sh -c x", ""]
)
def test_by_ssh_only_on_the_same_host(wiring: Wiring, tmp_path: Path, ssh: str) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        forge.answers["/api/v1/orgs"] = answered([{"full_name": "home/web", "ssh_url": ssh}])
        one = found(surveyed(wiring, f"{forge.url}/home", by_ssh=True))["home/web"]
    assert (one["kind"], one["reason"]) == ("none", "has no ssh address on the same host: take it by https")


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:secret@git.example.org/home", "https://tok@git.example.org/home", "https://h/x?private_token=abc",
        "file:///etc", "gopher://h/x", "https://", "https://h:99999/x", "https://-h/x", "https://h/../x", "https://h/a b",
        "ssh://h", "ssh://-oProxyCommand=x/opt", "ssh://a:b@h/opt", "ssh://h/opt/../etc", "ssh://h/a%00b", "ssh:h/x", "",
    ],
)  # fmt: skip
def test_addresses_that_are_none_have_no_effect(wiring: Wiring, url: str) -> None:
    with pytest.raises(Invalid) as error, wiring.units.write(OWNER) as uow:
        service.survey(uow, wiring.settings.var, Asked(url))
    assert "secret" not in error.value.message
    with wiring.units.read(OWNER) as uow:
        assert list_jobs(uow.db) == []


@given(st.text(max_size=60), st.sampled_from(["https://", "ssh://", "http://h/", "ssh://h/", ""]))
def test_no_address_breaks_reading_it(text: str, start: str) -> None:
    for read in (read_address, read_host_address):
        try:
            read(start + text)
        except CalciferError as error:
            assert isinstance(error, Invalid)  # noqa: PT017


def test_a_host_keeps_its_name_as_it_is_written() -> None:
    assert str(read_host_address("ssh://WEB@web:22/opt//x y/")[0]) == "WEB@web:22"
    assert read_host_address("ssh://MyHost/opt//x%20y/")[0].name == "MyHost"
    assert read_host_address("ssh://[::1]:22/opt//x%20y/") == (Host("::1", None, 22), "/opt/x y")


def test_only_an_owner_may(wiring: Wiring) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("Mel", "m@x", "member")) as uow:
        service.survey(uow, wiring.settings.var, Asked("https://git.example.org/home"))


def test_page(client: TestClient, wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        form = {"url": f"{forge.url}/home", "kind": "", "token": TOKEN}
        refused = client.post("/services/survey", data=form | {"url": "https://ada:pw@h/x"})
        assert (refused.status_code, TOKEN in refused.text) == (422, False)
        assert "name, password, token or query" in refused.text
        begun = client.post("/services/survey", data=form)
        assert "about to begin" in begun.text
        wiring.jobs.run_due()
        shown = client.get(begun.url.path).text
    assert 'value="web" checked' in shown
    assert 'value="old">' in shown
    assert "not encrypted" in shown
    assert TOKEN not in shown
    assert "From a forge" in client.get("/services/adopt").text


def test_api_and_command(
    api: TestClient,
    calcifer: Callable[..., Ran],
    wiring: Wiring,
    tmp_path: Path,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving("github", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        promised = api.post(
            "/api/v1/services/survey", json={"url": f"{forge.url}/ada", "token": TOKEN, "kind": "github"}
        )
        assert (promised.status_code, TOKEN in promised.text) == (202, False)
        wiring.jobs.run_due()
        seen = api.get(f"/api/v1/services/surveys/{promised.json()['id']}").json()
        assert [one["path"] for one in seen["found"]] == ["ada/notes", "ada/open"]
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        ran = calcifer("services", "survey", f"{forge.url}/ada", "--token-from", "GITHUB_TOKEN")
        assert "notes\tada/notes\tcloned into the workspace" in ran.out, ran.err
        again = calcifer("survey", f"{forge.url}/nobody", "--kind", "github")
        assert (again.code, "no user and no group" in again.err) == (3, True)
    assert api.get("/api/v1/services/surveys/99999").status_code == 404

"""What a survey shows is adopted: repositories of a forge are cloned, private ones with a token that nothing keeps."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.promises import list_jobs
from calcifer.kit.uow import Actor
from calcifer.services import queries, service
from calcifer.services.elsewhere import Asked
from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.forge import TOKEN, serving
from tests.owner import OWNER
from tests.services.arriving import arrived, filled, source

Git = Callable[..., str]
KINDS = ("gitea", "github", "gitlab")


def kept(wiring: Wiring) -> list[Path]:
    """Every file of the workspace that has the token in it."""
    return [p for p in wiring.settings.home.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]


@pytest.mark.parametrize("kind", KINDS)
def test_private_ones_are_cloned_and_nothing_keeps_the_token(
    wiring: Wiring, home: Path, tmp_path: Path, git: Git, kind: str
) -> None:
    store = tmp_path / "store"
    git(tmp_path, "config", "--global", "credential.helper", f"store --file={store}")
    try:
        with serving(kind, tmp_path / "forge") as forge:
            filled(forge, tmp_path, git)
            row = arrived(wiring, f"{forge.url}/home", token=TOKEN)
            again = arrived(wiring, f"{forge.url}/home", token=TOKEN)
    finally:
        git(tmp_path, "config", "--global", "--unset-all", "credential.helper")
    assert row.state == "done", row.error
    report = row.result or {}
    assert sorted(report["adopted"]) == ["secret.app", "web"]
    assert report["failed"] == ([["home/void", "is empty: it has no commits."]] if kind == "github" else [])
    assert {"home/old", "home/copy"} <= {path for path, _ in report["left_out"]}
    assert sorted((again.result or {})["unchanged"]) == ["secret.app", "web"]
    assert git(home / "secret.app", "config", "remote.origin.url") == f"{forge.url}/home/Secret.App.git"
    assert git(home / "secret.app", "log", "--format=%s") == "Begin source"
    with wiring.units.read(OWNER) as uow:
        assert set({name: path for name, path, _ in queries.list_places(uow.db)}) == {"secret.app", "web"}
        assert TOKEN not in json.dumps(
            [[one.subject, one.result, one.error, one.progress] for one in list_jobs(uow.db)]
        )
    assert (kept(wiring), store.exists()) == ([], False)


def test_named_ones_are_taken_though_archived_and_what_is_not_there_is_said(
    wiring: Wiring, tmp_path: Path, git: Git
) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        report = arrived(wiring, f"{forge.url}/home", "old", "void", "nothing").result or {}
    assert report["adopted"] == ["old"]
    assert report["failed"] == [["nothing", "is not there."]]
    assert report["left_out"] == [["home/void", "is empty: it has no commits"]]


def test_without_the_token_a_private_one_fails_alone(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        forge.projects[0].is_private, forge.projects[0].more = True, {"private": False}  # between list and clone
        forge.projects = [one for one in forge.projects if one.path in {"home/web", "home/old"}]
        forge.answers["/api/v1/orgs"] = forge_list(forge.url)
        report = arrived(wiring, f"{forge.url}/home", "web", "old").result or {}
    assert report["adopted"] == ["old"]
    ((path, why),) = report["failed"]
    assert (path, "git clone failed" in why) == ("home/web", True)


def forge_list(url: str) -> tuple[int, dict[str, str], bytes]:
    """A list that shows both."""
    return 200, {}, json.dumps([{"full_name": "home/web"}, {"full_name": "home/old"}]).encode()


def test_arguments_and_configuration_do_not_show_the_token(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with serving("gitea", tmp_path / "forge") as forge:
            filled(forge, tmp_path, git)
            assert arrived(wiring, f"{forge.url}/home", "secret.app", token=TOKEN).state == "done"
            url = forge.url
    finally:
        over.set()
        watcher.join()
    assert any(f"{url}/home/Secret.App.git" in line for line in seen)
    assert not any(TOKEN in line for line in seen)


def test_git_is_led_nowhere_with_the_token(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitea", tmp_path / "other") as other, serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        other.add("home/Secret.App", tmp_path / "source", is_private=True)
        away = other.url.replace("127.0.0.1", "localhost")
        forge.answers["/home/Secret.App.git/info/refs"] = (
            302, {"Location": f"{away}/home/Secret.App.git/info/refs?service=git-upload-pack"}, b""
        )  # fmt: skip
        report = arrived(wiring, f"{forge.url}/home", "secret.app", token=TOKEN).result or {}
        assert [path for path, _ in report["failed"]] == ["home/Secret.App"]
        assert other.asked == []


def test_a_name_that_is_taken_is_another(wiring: Wiring, home: Path, tmp_path: Path, git: Git) -> None:
    source(home, git, "web")
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        assert (arrived(wiring, f"{forge.url}/home").result or {})["adopted"] == ["home-web"]
        assert (arrived(wiring, f"{forge.url}/home").result or {})["unchanged"] == ["home-web"]


def test_killed_at_any_moment_the_same_again_reaches_the_same_end(
    wiring: Wiring, home: Path, tmp_path: Path, git: Git
) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        for pause in (0.05, 0.15, 0.3, 0.5):
            child = os.fork()
            if child == 0:
                signal.alarm(20)
                try:
                    arrived(wiring, f"{forge.url}/home", token=TOKEN)
                finally:
                    os._exit(0)
            time.sleep(pause)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        report = arrived(wiring, f"{forge.url}/home", token=TOKEN).result or {}
        wiring.jobs.run_due()
    assert sorted(report["adopted"] + report["unchanged"]) == ["secret.app", "web"]
    assert sorted(path.name for path in home.iterdir()) == ["secret.app", "var", "web"]
    assert git(home / "web", "fsck", "--strict") == ""
    assert kept(wiring) == []


def test_only_an_owner_may(wiring: Wiring) -> None:
    with pytest.raises(NotAllowed), wiring.units.write(Actor("Mel", "m@x", "member")) as uow:
        service.adopt_from(uow, wiring.settings.var, Asked("https://git.example.org/home"))


def test_page(client: TestClient, wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitlab", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        form = {"url": f"{forge.url}/home", "token": TOKEN, "only": ["web", "secret.app"]}
        begun = client.post("/services/adopt_from", data=form)
        wiring.jobs.run_due()
        shown = client.get(begun.url.path).text
    assert "2 services adopted" in shown
    assert TOKEN not in shown


def test_api_and_command(
    api: TestClient,
    calcifer: Callable[..., Ran],
    wiring: Wiring,
    tmp_path: Path,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        wanted = {"url": f"{forge.url}/home", "token": TOKEN, "only": ["secret.app"], "kind": "forgejo"}
        promised = api.post("/api/v1/services/adopt_from", json=wanted)
        assert (promised.status_code, TOKEN in promised.text) == (202, False)
        wiring.jobs.run_due()
        assert api.get(f"/api/v1/services/adoptions/{promised.json()['id']}").json()["adopted"] == ["secret.app"]
        monkeypatch.setenv("GITEA_TOKEN", TOKEN)
        ran = calcifer("adopt-from", f"{forge.url}/home", "--token-from", "GITEA_TOKEN", "--only", "web")
        assert (ran.code, ran.out.strip()) == (0, "web"), ran.err
        assert TOKEN not in ran.err


def test_by_ssh_the_keys_of_the_person_are_used(wiring: Wiring, tmp_path: Path, git: Git) -> None:
    with serving("gitea", tmp_path / "forge") as forge:
        filled(forge, tmp_path, git)
        row = arrived(wiring, f"{forge.url}/home", "web", by_ssh=True)
    ((path, why),) = (row.result or {})["failed"]
    assert (path, "git clone failed" in why) == ("home/web", True)
    assert not any(".git/" in asked for asked, _ in forge.asked)  # not by https

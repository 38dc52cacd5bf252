"""How long 1,000 files take to a host, beside the same archive unpacked there by hand; the figures of decision 16."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.deployments.shipping import Place, ship
from calcifer.deployments.trees import packed
from calcifer.kit import ssh
from calcifer.kit.git.repository import Repository
from tests.conftest import Git
from tests.lab.machines import Lab

pytestmark = pytest.mark.lab


def test_a_thousand_files_take_a_few_times_as_long_as_tar_by_hand(
    lab: Lab, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)
    host = lab.host("medlar")
    git(tmp_path, "init", "-q", "app")
    app = tmp_path / "app"
    versions = []
    for content in ("one", "two"):
        for number in range(1000):
            (app / f"{number % 20}").mkdir(exist_ok=True)
            (app / f"{number % 20}" / f"{number}").write_text(f"{content} {number}\n" * 100)
        git(app, "add", "-A")
        git(app, "commit", "-qm", "x")
        versions.append(git(app, "rev-parse", "HEAD"))
    (app / "0" / "0").write_text("three\n")
    git(app, "commit", "-qam", "x")
    versions.append(git(app, "rev-parse", "HEAD"))
    place, repository = Place(ssh.Host("medlar"), "app"), Repository(app)

    def seconds(act: Callable[[], object]) -> float:
        began = time.monotonic()
        act()
        return round(time.monotonic() - began, 2)

    def by_hand() -> None:
        script = f"mkdir -p /srv/hand && {lab.ssh} medlar tar -xf - -C /srv/hand"
        host.ssh("mkdir -p /srv/hand")
        subprocess.run(f"git -C {app} archive {versions[0]} | {script.partition('&& ')[2]}", shell=True, check=True)  # noqa: S602

    def pack() -> None:
        with packed(repository, versions[0]):
            pass

    figures = {
        "an ssh connection": seconds(lambda: subprocess.run([*lab.ssh.split(), "medlar", "true"], check=True)),
        "git archive | ssh tar, by hand": seconds(by_hand),
        "packing alone": seconds(pack),
        "first version": seconds(lambda: ship(place, repository, versions[0], by="Ada")),
        "all files changed": seconds(lambda: ship(place, repository, versions[1], by="Ada")),
        "one file changed": seconds(lambda: ship(place, repository, versions[2], by="Ada")),
        "nothing changed": seconds(lambda: ship(place, repository, versions[2], by="Ada")),
    }
    for name, value in figures.items():
        record_property(name, value)
        print(f"{name:32} {value:6.2f} s")  # noqa: T201 -- `make lab ARGS='-n 0 -s -k thousand'` shows the figures
    host.kill()
    assert figures["all files changed"] < 10 * figures["git archive | ssh tar, by hand"] + 5

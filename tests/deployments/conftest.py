"""A service `web` whose target is this machine, with a stand-in for its engine."""

import json
import os
import py_compile
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml

from calcifer.deployments import verdict
from calcifer.deployments.queries import runs as queries
from calcifer.deployments.schemas import DeploymentOut, NewDeployment
from calcifer.deployments.service import lasting, runs
from calcifer.hosts import service as hosts
from calcifer.hosts.schemas import NewHost
from calcifer.services import queries as catalog
from calcifer.services import service as services
from calcifer.wiring import Wiring
from tests.conftest import Git
from tests.owner import OWNER

Compose = dict[str, dict[str, Any]]
GOOD: Compose = {"web": {"image": "web:1", "volumes": ["./app.conf:/etc/app.conf"]}}
PLACE = "opt/web"
ENGINE = Path(__file__).with_name("engine.py")


class Deployed:
    """The service, its repository, and what its host has of it."""

    def __init__(self, wiring: Wiring, git: Git, root: Path) -> None:
        self.wiring, self._git, self.root = wiring, git, root
        self.path, self.place, self.engine = wiring.settings.home / "web", root / PLACE, root / "engine"
        self.versions = root / "opt/.versions/web"
        self.path.mkdir()
        git(self.path, "init", "-q", "-b", "main")
        self.targets([{"host": "here"}])
        self.commit(GOOD, {"app.conf": "one\n"})
        with wiring.units.write(OWNER) as uow:
            services.register(uow, self.path)
            adding = hosts.add(uow, NewHost(name="here", directory=str(root / "opt")))
        assert wiring.jobs.wait(adding.id).state == "done"

    def targets(self, targets: list[dict[str, str]]) -> None:
        """Write what the descriptor says of where it runs; the next commit takes it."""
        (self.path / ".calcifer").mkdir(exist_ok=True)
        (self.path / ".calcifer/service.yaml").write_text(yaml.safe_dump({"targets": targets}))

    def commit(self, compose: Compose | None = None, files: Mapping[str, str] = MappingProxyType({})) -> str:
        """Commit the compose file and others on what is checked out."""
        for name, text in files.items():
            (self.path / name).write_text(text)
        if compose is not None:
            (self.path / "docker-compose.yml").write_text(json.dumps({"services": compose}))
        self._git(self.path, "add", "-A")
        self._git(self.path, "commit", "-q", "--allow-empty", "-m", "Change")
        return self._git(self.path, "rev-parse", "HEAD")

    def scan(self) -> None:
        """Let the catalog read what was committed."""
        with self.wiring.units.write(OWNER) as uow:
            services.rescan(uow, catalog.get_service(uow.db, "web"))

    def ask(self, **values: Any) -> int:
        """Promise a deployment, and return its number."""
        with self.wiring.units.write(OWNER) as uow:
            return runs.deploy(uow, NewDeployment(service="web", **values)).id

    def wait(self, number: int) -> DeploymentOut:
        """Wait for the end of a deployment."""
        with self.wiring.units.read(OWNER) as uow:
            job = runs.job_of(uow, number)
        ended = self.wiring.jobs.wait(job)
        assert ended.state == "done", ended.error
        return self.get(number)

    def deploy(self, **values: Any) -> DeploymentOut:
        return self.wait(self.ask(**values))

    def get(self, number: int) -> DeploymentOut:
        with self.wiring.units.read(OWNER) as uow:
            return DeploymentOut.of(*queries.get_deployment(uow.db, number))

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine runs."""
        found: dict[str, dict[str, Any]] = json.loads((self.engine / "containers").read_text())
        return found

    def ups(self) -> int:
        """How often containers were told to follow."""
        return len((self.engine / "ups").read_text().splitlines())

    def tip(self, ref: str) -> str:
        return self._git(self.path, "rev-parse", ref)

    def notes(self, commit: str) -> list[dict[str, Any]]:
        """What git tells of the deployments of a commit."""
        return list(yaml.safe_load_all(self._git(self.path, "notes", "--ref=deployments", "show", commit)))


def put_engine(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the stand-in for `docker` in front of every other."""
    programs = root / "bin"
    for folder in (programs, root / "engine"):
        folder.mkdir()
    compiled = py_compile.compile(
        str(ENGINE), cfile=str(root / "engine.pyc"), doraise=True
    )  # it is started a hundred times
    (programs / "docker").write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {compiled} "$@"\n')
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("ENGINE", str(root / "engine"))


@pytest.fixture
def web(wiring: Wiring, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """The service, adopted; nothing is deployed yet."""
    put_engine(tmp_path, monkeypatch)
    monkeypatch.setattr(verdict, "STEADY", timedelta(seconds=0.2))
    monkeypatch.setattr(lasting, "LOOK_SECONDS", 0.05)
    return Deployed(wiring, git, tmp_path)

"""The same three versions for Calcifer on one host and for a person on another, who types `git pull && docker compose up -d`."""

import io
import json
import posixpath
import secrets
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from calcifer.deployments.drivers import compose
from calcifer.deployments.running import run
from calcifer.deployments.shipping import Place, settle, ship
from calcifer.kit import ssh
from calcifer.kit.git.repository import Repository
from tests.conftest import Git
from tests.lab import images
from tests.lab.machines import Host, Lab

pytestmark = pytest.mark.lab

Files = dict[str, str | None]
Containers = dict[str, dict[str, str]]


class Hosts(NamedTuple):
    """Calcifer's and the person's."""

    ours: Host
    theirs: Host


@pytest.fixture(scope="module")
def hosts(lab: Lab) -> Iterator[Hosts]:
    """Two hosts with the images."""
    made = Hosts(lab.host("apple"), lab.host("pear"))
    for host in made:
        images.load(host)
    yield made
    for host in made:
        host.kill()


@pytest.fixture(autouse=True)
def lab_ssh(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Calcifer's ssh know the lab."""
    monkeypatch.setenv("GIT_SSH_COMMAND", lab.ssh)


@dataclass
class Kind:
    """A kind of compose file: three versions, and what a person's `up -d` recreates for each, and for going back to the second."""

    name: str
    versions: list[Files]
    recreated: list[set[str]]
    untracked: Files = field(default_factory=dict)
    restarted: list[set[str]] = field(default_factory=lambda: [set[str]()] * 4)


def service(name: str, more: str, image: str = "lab:1") -> str:
    """A service of a compose file."""
    return f"  {name}:\n    image: {image}\n    restart: always\n    stop_signal: SIGKILL\n{more}"


DATA = Kind(
    "data",
    [
        {
            "compose.yaml": "services:\n"
            + service("web", "    volumes: ['./data:/data']\n")
            + service("side", "    command: sleep 100000\n"),
            "README.md": "one\n",
            "old.txt": "old\n",
        },
        {"README.md": "two\n", "old.txt": None, "docs/new file.txt": "new\n"},
        {
            "compose.yaml": "services:\n"
            + service("web", "    volumes: ['./data:/data']\n", "lab:2")
            + service("side", "    command: sleep 100000\n")
        },
    ],
    [{"web", "side"}, set(), {"web"}, {"web"}],
    {"data/db": "precious\n", "notes": "mine\n"},
)
CONF = Kind(
    "conf",
    [
        {
            "docker-compose.yml": "services:\n"
            + service("web", "    volumes: ['./app.conf:/etc/app.conf:ro', './conf.d:/etc/conf.d:ro']\n")
            + service("side", "    command: sleep 100000\n"),
            "app.conf": "one\n",
            "conf.d/a": "one\n",
        },
        {"app.conf": "two\n"},
        {"app.conf": "three\n", "conf.d/a": "three\n"},
    ],
    [{"web", "side"}, set(), set(), set()],
    {".env": "UNUSED=1\n"},
    [set(), {"web"}, {"web"}, {"web"}],
)
ENV = Kind(
    "env",
    [
        {
            "compose.yaml": "services:\n"
            + service("web", "    environment: {GREETING: '${GREETING}'}\n")
            + service("side", "    command: sleep 100000\n", "lab:${TAG}"),
            "compose.override.yaml": "services:\n  side:\n    environment: {MODE: a}\n",
            ".env": "TAG=1\nGREETING=hello\n",
        },
        {".env": "TAG=2\nGREETING=hello\n"},
        {
            "compose.override.yaml": "services:\n  side:\n    environment: {MODE: b}\n  web:\n    environment: {EXTRA: c}\n"
        },
    ],
    [{"web", "side"}, {"side"}, {"web", "side"}, {"web", "side"}],
)


class Side:
    """One host's view: what its containers are, and which of them are others than before."""

    def __init__(self, host: Host, directory: str) -> None:
        self.host, self.directory = host, directory
        self.last: dict[str, str] = {}

    def compose(self, words: str) -> str:
        return self.host.type(
            f"cd {self.directory} && docker compose {words} 2>/tmp/said || {{ cat /tmp/said >&2; exit 1; }}"
        )

    def containers(self) -> Containers:
        """Service → id, when it was started, the image's content, what it was made with."""
        label = f"com.docker.compose.project.working_dir={self.directory}"
        found = json.loads(self.host.type(f"docker inspect $(docker ps --all --quiet --filter label={label})"))
        return {
            one["Config"]["Labels"]["com.docker.compose.service"]: {
                "id": one["Id"],
                "started": one["State"]["StartedAt"],
                "state": one["State"]["Status"],
                "name": one["Name"],
                "image": one["Config"]["Image"],
                "env": str(sorted(one["Config"]["Env"])),
                "mounts": str(sorted((mount["Source"], mount["Destination"], mount["RW"]) for mount in one["Mounts"])),
            }
            for one in found
        }

    def recreated(self, containers: Containers) -> set[str]:
        """The services whose container is another one than at the last call."""
        now = {name: one["id"] for name, one in containers.items()}
        changed = {name for name in now if self.last.get(name) != now[name]}
        self.last = now
        return changed

    def see(self, service: str, command: str) -> str:
        """What a command in a container prints."""
        return self.host.type(f"docker exec {posixpath.basename(self.directory)}-{service}-1 {command}")

    def write(self, files: Files) -> None:
        for name, content in files.items():
            path = f"{self.directory}/{name}"
            self.host.ssh(f"mkdir -p {posixpath.dirname(path)} && cat >{path}", stdin=(content or "").encode())

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Every file below the directory, .git apart."""
        return unpacked(self.host.ssh(f"cd {self.directory} && tar -cf - --exclude=./.git .").stdout)


def comparable(containers: Containers) -> Containers:
    """What must be the same on both hosts."""
    return {name: {k: v for k, v in one.items() if k not in {"id", "started"}} for name, one in containers.items()}


def unpacked(archive: bytes) -> dict[str, tuple[int, bytes]]:
    """Path → mode and content, of files and links."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {
            one.name.removeprefix("./"): (
                one.mode,
                file.read() if (file := tar.extractfile(one)) else one.linkname.encode(),
            )
            for one in tar
            if not one.isdir()
        }


def of_git(repository: Path, commit: str) -> dict[str, tuple[int, bytes]]:
    """What the commit has, by git's own archive; git's modes are 0775 and 0664 there, less the umask."""
    said = subprocess.run(
        ["git", "-c", "tar.umask=0022", "archive", commit], cwd=repository, capture_output=True, check=True
    )
    return unpacked(said.stdout)


def commit(repository: Path, files: Files, git: Git) -> str:
    """Commit files, and push to where the person pulls from."""
    for name, content in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        else:
            path.write_text(content)
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-qm", "x")
    git(repository, "push", "-q", "origin", "HEAD:main")
    return git(repository, "rev-parse", "HEAD")


def deploy(place: Place, repository: Path, version: str, log: Path) -> set[str]:
    """Ship, let the containers follow, settle; return the services whose containers were restarted."""
    shipped = ship(place, Repository(repository), version, by="Ada")
    before = compose.look(place)
    name = f"{version[:8]}-{secrets.token_hex(3)}"
    assert run(place, name, compose.up(place, before.project), log) == 0, log.read_text()
    after = compose.look(place)
    late = compose.stale(before, after, place, [*shipped.added, *shipped.changed, *shipped.removed])
    if late:
        assert run(place, f"{name}-restart", compose.restart(late), log) == 0
    settle(place, version)
    return {one.service for one in late}


@pytest.mark.parametrize("kind", [DATA, CONF, ENV], ids=lambda kind: kind.name)
def test_three_versions_back_and_a_reboot_are_as_by_hand(
    kind: Kind, hosts: Hosts, lab: Lab, tmp_path: Path, git: Git
) -> None:
    repository, origin = tmp_path / kind.name, lab.share / f"{kind.name}.git"
    git(tmp_path, "init", "-q", "--bare", str(origin))
    git(tmp_path, "init", "-q", str(repository))
    git(repository, "remote", "add", "origin", str(origin))
    place = Place(ssh.Host("apple"), kind.name)
    ours, theirs = Side(hosts.ours, place.path), Side(hosts.theirs, place.path)
    made = [commit(repository, kind.versions[0], git)]
    untracked = {name: (0o644, (text or "").encode()) for name, text in kind.untracked.items()}
    theirs.host.ssh(
        f"git config --global safe.directory '*'; git clone -q -b main /mnt/{kind.name}.git {theirs.directory}"
    )
    tracked: dict[str, tuple[int, bytes]] = {}
    for step in range(4):
        if step in (1, 2):
            made.append(commit(repository, kind.versions[step], git))
        version = made[step] if step < 3 else made[1]
        restarted = deploy(place, repository, version, tmp_path / "log")
        theirs.host.ssh(f"cd {theirs.directory} && git pull -q && git checkout -q {version if step == 3 else 'main'}")
        theirs.compose("up -d --quiet-pull")
        if step == 0:
            for side in (ours, theirs):
                side.write(kind.untracked)
        now, by_hand = ours.containers(), theirs.containers()
        assert (ours.recreated(now), theirs.recreated(by_hand)) == (kind.recreated[step], kind.recreated[step])
        assert restarted == kind.restarted[step]
        assert comparable(now) == comparable(by_hand)
        assert ours.compose("config") == theirs.compose("config")
        tracked = of_git(repository, version)
        assert ours.files() == tracked | untracked == theirs.files()
        see(kind, ours, theirs, step)
        ours.compose("up -d --quiet-pull")
        assert ours.containers() == now, "typed by hand it changes nothing"
    hosts.ours.reboot()
    await_running(ours)
    assert ours.recreated(ours.containers()) == set()
    assert ours.files() == tracked | untracked
    see(kind, ours, ours, 3)
    assert deploy(place, repository, made[1], tmp_path / "log") == set()
    assert ours.recreated(ours.containers()) == set()
    for side in (ours, theirs):
        side.host.ssh("docker rm --force $(docker ps --all --quiet)")


def await_running(side: Side) -> None:
    """Wait until `restart: always` has done its work."""
    label = f"com.docker.compose.project.working_dir={side.directory}"
    running = f"[ $(docker ps --quiet --filter label={label} | wc -l) = 2 ]"
    side.host.ssh(f"for try in $(seq 100); do {running} && exit 0; sleep 0.1; done; exit 1")


def see(kind: Kind, ours: Side, theirs: Side, step: int) -> None:
    """Look from inside the containers."""
    if kind is DATA:
        assert ours.see("web", "cat /data/db") == "precious\n"
        assert ours.see("web", "cat /www/index.html") == f"version {2 if step == 2 else 1}\n"
    elif kind is CONF:
        text = ("one\n", "two\n", "three\n", "two\n")[step]
        assert ours.see("web", "cat /etc/app.conf") == text
        assert ours.see("web", "cat /etc/conf.d/a") == ("three\n" if step == 2 else "one\n")
        if theirs is not ours:  # the file that was there when it started: what Calcifer restarts for
            assert theirs.see("web", "cat /etc/app.conf") == "one\n"
    else:
        assert ours.see("side", "cat /www/index.html") == f"version {1 if step == 0 else 2}\n"
        assert ours.see("side", "sh -c 'echo $MODE'") == ("b\n" if step == 2 else "a\n")

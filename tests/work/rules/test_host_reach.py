"""What makes its author root on a host is found in the compose files as they merge, and passes only where it is approved."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from calcifer.kit.git.trees import Blob
from calcifer.services.reach import read_reach
from calcifer.services.reach.variables import resolved
from calcifer.work.reach import LINK, reach_of
from calcifer.work.rules import RULES
from tests.work.rules.cases import Files, case, commit, judge, repository_at

TARGETS = "targets: [{host: alpha}]\n"
PLAIN = {
    "image": "web:1",
    "command": ["serve"],
    "volumes": ["./app.conf:/etc/app.conf", "data:/data", "/etc/localtime:/etc/localtime:ro", "${PWD}/more:/more:ro"],
    "cap_add": ["CAP_NET_BIND_SERVICE", "ipc_lock"],
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "network_mode": "service:other",
    "pid": "service:other",
    "ipc": "shareable",
    "build": {"context": ".", "dockerfile": "Dockerfile", "cache_from": ["type=registry,ref=x"], "network": "none"},
    "env_file": [{"path": "./app.env", "required": False}],
    "privileged": False,
    "x-note": "anything",
    "post_start": [{"command": "true"}],
}


def composed(service: dict[str, Any] | None = None, **more: Any) -> str:
    """Write a compose file with one service."""
    return yaml.safe_dump({"services": {"web": {"image": "web:1"} | (service or {})}} | more)


def told(text: str, **files: str) -> str:
    """Say in lines what a compose file reaches."""
    there = {"docker-compose.yml": text.encode()} | {name: content.encode() for name, content in files.items()}
    found = read_reach(there.get)
    return "\n".join([*map(str, found.facts), *found.unread])


def test_what_stays_in_its_directory_reaches_nothing() -> None:
    volumes = {"data": None, "nas": {"driver_opts": {"type": "nfs", "o": "addr=nas", "device": ":/media"}}}
    assert told(composed(PLAIN, volumes=volumes, secrets={"key": {"file": "./key"}})) == ""


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"privileged": True}, "web is privileged"),
        ({"privileged": "yes"}, "web is privileged"),
        ({"privileged": "${WHATEVER}"}, "only the host knows"),
        ({"use_api_socket": True}, "the engine's socket"),
        ({"volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"]}, "whoever talks to the engine"),
        ({"volumes": ["/:/host"]}, "web mounts / "),
        ({"volumes": ["~/.ssh:/keys:ro"]}, "web mounts ~/.ssh read-only"),
        ({"volumes": ["../other:/other"]}, "web mounts ../other"),
        ({"volumes": ["./a/../../other:/other"]}, "other"),
        ({"volumes": ["/etc/localtime:/etc/localtime"]}, "web mounts /etc/localtime "),
        ({"volumes": ["/etc/ssl/certs/../../shadow:/s:ro"]}, "shadow"),
        ({"volumes": [{"type": "bind", "source": "/srv", "target": "/srv"}]}, "web mounts /srv "),
        ({"volumes": ["${DATA}:/data"]}, "only the host knows"),
        ({"volumes": ["${HOME:-./data}:/data"]}, "only the host knows"),
        ({"volumes": ["${DATA:-/etc}:/data"]}, "web mounts /etc"),
        ({"volumes": [".:/app"]}, "may write the whole directory"),
        ({"volumes": ["./.env:/app/.env"]}, "may write .env"),
        ({"volumes_from": ["container:portainer"]}, "the mounts of container:portainer"),
        ({"network_mode": "host"}, "web has network_mode: host"),
        ({"networks": ["outside"]}, "which is the host's"),
        ({"pid": "host"}, "web has pid: host"),
        ({"pid": "container:other"}, "web has pid"),
        ({"ipc": "host"}, "web has ipc: host"),
        ({"uts": "host"}, "web has uts: host"),
        ({"userns_mode": "host"}, "web has userns_mode: host"),
        ({"cgroup": "host"}, "web has cgroup: host"),
        ({"cap_add": ["SYS_ADMIN"]}, "the capability SYS_ADMIN"),
        ({"cap_add": ["cap_net_admin"]}, "the capability cap_net_admin"),
        ({"devices": ["/dev/sda:/dev/sda"]}, "the device /dev/sda"),
        ({"device_cgroup_rules": ["a *:* rwm"]}, "with mknod"),
        ({"security_opt": ["seccomp:unconfined"]}, "security_opt seccomp:unconfined"),
        ({"security_opt": ["seccomp:./own.json"]}, "security_opt"),
        ({"build": "/"}, "web is built from /"),
        ({"build": {"context": ".", "additional_contexts": {"all": "/etc"}}}, "web is built from /etc"),
        ({"build": {"context": ".", "additional_contexts": ["all=/etc"]}}, "web is built from /etc"),
        ({"build": {"context": ".", "ssh": ["default"]}}, "ssh agent"),
        ({"build": {"context": ".", "entitlements": ["security.insecure"]}}, "security.insecure"),
        ({"build": {"context": ".", "network": "host"}}, "is built in the network host"),
        ({"build": {"context": ".", "cache_to": ["type=local,dest=/etc/cron.d"]}}, "keeps what is built"),
        ({"env_file": "/root/.env"}, "web reads /root/.env"),
        ({"secrets": ["shadow"]}, "web is given /etc/shadow"),
        ({"configs": [{"source": "shadow", "target": "/x"}]}, "web is given /etc/shadow"),
        ({"volumes": ["host:/x"]}, "which is / of the host"),
        ({"volumes": ["bound:/x"]}, "of the host"),
        ({"volumes": ["plugged:/x"]}, "another driver"),
        ({"post_start": [{"command": "true", "privileged": True}]}, "privileged hook"),
        ({"provider": {"type": "reboot"}}, "compose runs that program"),
        ({"newer_than_this": True}, "asks for 'newer_than_this'"),
    ],
)
def test_what_reaches_the_host_is_found(service: dict[str, Any], said: str) -> None:
    volumes = {
        "host": {"driver_opts": {"type": "none", "o": "bind", "device": "/"}},
        "bound": {"driver_opts": {"type": "nfs", "o": "addr=x,bind", "device": "/"}},
        "plugged": {"driver": "local-persist", "driver_opts": {"mountpoint": "/"}},
    }
    file = {"shadow": {"file": "/etc/shadow"}}
    networks = {"outside": {"external": True, "name": "host"}}
    assert said in told(composed(service, volumes=volumes, secrets=file, configs=file, networks=networks))


def test_what_comes_by_other_files_is_found_too() -> None:
    base = "services: {base: {image: b, privileged: true}}\n"
    assert "web is privileged" in told(composed({"extends": {"file": "b.yml", "service": "base"}}), **{"b.yml": base})
    assert "base is privileged" in told(composed(include=["b.yml"]), **{"b.yml": base})
    over = "services: {web: {pid: host}}\n"
    assert "web has pid" in told(composed(), **{"docker-compose.override.yml": over})
    anchored = "x-a: &a {privileged: true}\nservices: {web: {image: w, <<: *a}}\n"
    assert "web is privileged" in told(anchored)
    assert "web mounts /etc " in told(composed({"volumes": ["${D:-./d}:/d"]}), **{".env": "D='/etc'\n"})
    moved = {"path": "b.yml", "project_directory": "/"}
    assert "project_directory" in told(composed(include=[moved]), **{"b.yml": "services: {}\n"})


@pytest.mark.parametrize(
    ("text", "files", "said"),
    [
        ("services: {web: {image: w}}\n---\nservices: {web: {privileged: true}}\n", {}, "several documents"),
        ("services: {web: {image: w}}\n...\n{services: {web: {privileged: true}}}\n", {}, "several documents"),
        ("services: [", {}, "docker-compose.yml, line"),
        ("include: [gone.yml]\n", {}, "There is no file 'gone.yml'"),
        ("include: ['oci://docker.io/x']\n", {}, "takes in oci://docker.io/x"),
        ("include: ['${X}.yml']\n", {}, "takes in ${X}.yml"),
        (composed(), {".env": "COMPOSE_FILE=other.yml\n"}, "sets COMPOSE_FILE"),
        (composed(), {".env": "export DOCKER_HOST=tcp://x\n"}, "sets DOCKER_HOST"),
    ],
)
def test_what_cannot_be_read_is_no_pass(text: str, files: dict[str, str], said: str) -> None:
    assert said in told(text, **files)
    assert told("# a note\n---\n" + composed() + "...\n") == ""


def test_variables() -> None:
    env = {"A": "a", "EMPTY": "", "DEEP": "$B"}
    known = {"$A/${A}": "a/a", "$$A": "$A", "${B:-b}": "b", "${B-}": "", "${EMPTY:-b}": "b", "${EMPTY-b}": "", "": ""}
    assert {text: resolved(text, env) for text in known} == known
    for text in ("$B", "${B}", "${B:?no}", "${A:+x}", "${DEEP}", "${B:-${A}}", "${HOME:-x}", "${", "$"):
        assert resolved(text, env) is None


def test_applies_where_a_service_has_targets(tmp_path: Path) -> None:
    bad: Files = {"docker-compose.yml": composed({"privileged": True})}
    without = case(tmp_path / "without", {}, bad)
    assert not RULES["host_reach"].applies(without)
    brings: Files = bad | {".calcifer/service.yaml": TARGETS}
    verdict = judge("host_reach", case(tmp_path / "brings", {}, brings))
    assert verdict.state == "fail"
    assert "root on alpha" in verdict.sentence
    assert "web is privileged" in verdict.sentence
    assert "calcifer work approve-reach 42" in verdict.mend
    harmless = case(tmp_path / "none", {}, {".calcifer/service.yaml": TARGETS, "docker-compose.yml": composed(PLAIN)})
    assert (judge("host_reach", harmless).state, RULES["host_reach"].applies(harmless)) == ("pass", True)


def test_each_host_is_approved_by_itself(tmp_path: Path) -> None:
    files: Files = {
        "docker-compose.yml": composed({"privileged": True}),
        ".calcifer/service.yaml": "targets: [{host: alpha}, {name: test, host: beta}]\n",
    }
    judged = case(tmp_path, {}, files)
    digest = reach_of(judged.repository, judged.tree).digest

    def verdict(*approved: tuple[str, str]) -> tuple[str, str]:
        said = judge("host_reach", judged, approved=lambda *key: "Ada" if key in approved else None)
        return said.state, said.sentence

    assert verdict(("alpha", digest))[0] == "fail"
    assert "root on beta" in verdict(("alpha", digest))[1]
    assert verdict(("alpha", digest), ("beta", "0" * 64))[0] == "fail"
    assert verdict(("alpha", digest), ("beta", digest))[0] == "pass"


def test_where_its_files_are_written_is_reached_too(tmp_path: Path) -> None:
    files: Files = {
        ".calcifer/service.yaml": "targets: [{host: alpha, directory: /etc/cron.d}]\n",
        "root": "* * * * * root id\n",
    }
    verdict = judge("host_reach", case(tmp_path, {}, files))
    assert (verdict.state, "the service lies in /etc/cron.d" in verdict.sentence) == ("fail", True)


ROOT: dict[str, Any] = {"privileged": True, "volumes": ["./run.sh:/run.sh"], "ports": ["80:80"], "labels": {"a": "b"}}
BASE: Files = {
    "docker-compose.yml": composed(ROOT),
    ".calcifer/service.yaml": TARGETS,
    "run.sh": "run\n",
    "other.conf": "one\n",
}


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"docker-compose.yml": composed(ROOT | {"image": "web:2"})}, True),
        (
            {
                "docker-compose.yml": composed(
                    ROOT | {"image": f"web@sha256:{'0' * 64}", "ports": ["81:80"], "labels": {}}
                )
            },
            True,
        ),
        ({"docker-compose.yml": "# a remark\n" + composed(ROOT)}, True),
        ({"other.conf": "two\n", "README.md": "# Web\n", "CHANGES.md": "x\n"}, True),
        ({"docker-compose.yml": composed(ROOT | {"image": "evil/web:1"})}, False),
        ({"docker-compose.yml": composed(ROOT | {"command": "sh"})}, False),
        ({"docker-compose.yml": composed(ROOT | {"environment": {"LD_PRELOAD": "x"}})}, False),
        ({"docker-compose.yml": composed(ROOT | {"pid": "host"})}, False),
        ({"run.sh": "rm -rf /\n"}, False),
        ({".env": "X=y\n"}, False),
    ],
)
def test_is_bound_to_what_reaches_and_to_what_runs_there(tmp_path: Path, changes: Files, *, same: bool) -> None:
    repository = repository_at(tmp_path)
    first = commit(repository, BASE)
    second = commit(repository, changes, first)
    assert (reach_of(repository, first).digest == reach_of(repository, second).digest) is same


def test_what_is_built_here_is_bound_to_its_files(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    first = commit(
        repository, {"docker-compose.yml": composed({"privileged": True, "build": "."}), "Dockerfile": "FROM a\n"}
    )
    papers: Files = {"CHANGES.md": "x\n", ".calcifer/work/0001-x.md": "x\n", "changes.d/1.md": "x\n"}
    second, third = commit(repository, papers, first), commit(repository, {"Dockerfile": "FROM b\n"}, first)
    digests = [reach_of(repository, at).digest for at in (first, second, third)]
    assert digests[0] == digests[1] != digests[2]


def test_a_link_leads_anywhere(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    link = Blob(repository.write_blob(b"/var/run"), LINK)
    text = composed({"volumes": ["./data/docker.sock:/s"], "build": "./ctx"})
    head = commit(repository, {"docker-compose.yml": text, "data": link, "ctx/Dockerfile": "FROM a\n"})
    (fact,) = reach_of(repository, head).facts
    assert "data is a link to /var/run" in str(fact)
    plain = commit(repository, {"docker-compose.yml": text, "data/x": "y\n"})
    assert reach_of(repository, plain).is_none


def test_an_unreadable_file_is_approved_by_its_content(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    digests = {
        reach_of(repository, commit(repository, {"docker-compose.yml": text})).digest for text in ("a: [", "b: [")
    }
    assert len(digests) == 2
    assert "" not in digests


def test_a_folder_has_its_own(tmp_path: Path) -> None:
    repository = repository_at(tmp_path)
    files: Files = {"web/docker-compose.yml": composed({"privileged": True, "volumes": ["./x:/x"]}), "web/x": "1\n"}
    first = commit(repository, files)
    second, third = commit(repository, {"other/x": "2\n"}, first), commit(repository, {"web/x": "2\n"}, first)
    folders = ("web", "other")
    digests = [reach_of(repository, at, "web", folders).digest for at in (first, second, third)]
    assert digests[0] == digests[1] != digests[2]
    assert reach_of(repository, first, "other", folders).is_none

"""What is wrong on a host, from what a real engine said and from what others may say."""

from typing import Any

import pytest

from calcifer.deployments.looking import judging
from calcifer.deployments.looking.images import familiar, is_latest
from calcifer.deployments.looking.ports import clashes
from calcifer.deployments.looking.seen import Container, Published
from calcifer.deployments.looking.stacks import Stack
from calcifer.deployments.looking.tracking import Compared
from tests.deployments.looking.conftest import RECORDED
from tests.deployments.looking.saying import ANONYMOUS, DATA, ROOT, judged, problems, said


def test_what_a_real_host_said() -> None:
    found = judged(RECORDED)
    kinds = [(one["weight"], one["kind"], one["where"]) for one in found["problems"]]
    late = "faulty/late"
    assert kinds == [
        ("bad", "failing", ["faulty/broken"]),
        ("bad", "failing", [late]),
        ("bad", "ports", ["faulty/app", late]),
        ("warn", "image", ["faulty/app (lab:latest)"]),
        ("warn", "restart", ["faulty/app"]),
        ("warn", "root", ["faulty/app (the engine's socket)"]),
        ("warn", "volume", ["faulty/app (/cache)"]),
        ("hint", "health", ["alone", "faulty/app", "faulty/broken"]),
        ("hint", "latest", ["faulty/app (lab:latest)"]),
        ("hint", "untracked", ["faulty"]),
        ("hint", "outside", ["faulty/app (/media/films)"]),
        ("hint", "loose", ["alone"]),
    ]
    faulty, good, none = found["stacks"]
    assert (faulty["name"], good["name"], none["name"]) == ("faulty", "good", "")
    assert (good["kinds"], good["git"]["state"], good["git"]["branch"]) == ([], "clean", "main")
    assert (found["container_count"], found["running_count"], found["stack_count"]) == (5, 4, 2)
    assert good["containers"][0] == {
        "name": "good-web-1", "service": "web", "image": "lab:1", "digest": "", "built": "2026-11-25", "has_newer": False,
        "status": "running", "health": "healthy", "ports": "8081/tcp",
    }  # fmt: skip
    assert found["counts"] == {"bad": 3, "warn": 4, "hint": 5}


def test_nothing_is_wrong_with_a_good_stack() -> None:
    assert judged(said({"stack": "web"}))["problems"] == []
    assert judged(said())["stacks"] == []


SOCKET = {"Type": "bind", "Source": "/run/docker.sock", "Destination": "/s", "RW": False}
ETC = {"Type": "bind", "Source": "/etc", "Destination": "/e", "RW": True}
BESIDE = {"Type": "bind", "Source": "/srv/web/data", "Destination": "/f", "RW": True}
NAMED = {"Type": "volume", "Name": "web_data", "Destination": "/data", "RW": True}


@pytest.mark.parametrize(
    ("container", "kind", "words"),
    [
        ({"restart": ""}, "restart", "warn: web/app does not come back after a reboot"),
        ({"restart": "no"}, "restart", "unless-stopped"),
        ({"check": ["NONE"]}, "health", "hint: Of web/app nobody knows"),
        ({"check": []}, "health", "no health check"),
        ({"ref": "nginx"}, "latest", "nginx"),
        ({"ref": "registry:5000/nginx:latest"}, "latest", "web/app (registry:5000/nginx:latest) takes whatever image is newest"),
        ({"status": "restarting", "exit": 3, "restarts": 9}, "failing", "ended with 3, and was started again 9 times"),
        (
            {"restarts": 4, "started": "1970-01-01T00:16:00Z"}, "failing",
            "web/app does not stay up: it was started again 4 times, the last time just now. ['web/app'] docker logs --tail 50 c0",
        ),
        ({"status": "dead"}, "failing", "bad: web/app is dead"),
        ({"health": "unhealthy"}, "failing", "bad: web/app is unhealthy"),
        ({"status": "created", "error": "no such network."}, "failing", "could not be started: no such network."),
        ({"status": "exited", "exit": 1}, "failing", "has ended with 1."),
        ({"privileged": True}, "root", "web/app (privileged)"),
        ({"pid": "host"}, "root", "the host's processes"),
        ({"capabilities": ["CAP_SYS_ADMIN", "NET_ADMIN"]}, "root", "web/app (SYS_ADMIN)"),
        ({"mounts": [SOCKET]}, "root", "the engine's socket"),
        ({"mounts": [ETC]}, "root", "writes to /etc"),
        ({"mounts": [ANONYMOUS]}, "volume", "warn: web/app (/cache) is in a volume without a name"),
        ({"mounts": [DATA]}, "outside", "hint: web/app (/mnt/films) has data outside"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_what_to_do(container: dict[str, Any], kind: str, words: str) -> None:
    found = problems(said({"stack": "web", "service": "app"} | container))
    assert list(found) == [kind]
    assert words in found[kind]


@pytest.mark.parametrize(
    "container",
    [
        {"mounts": [BESIDE, NAMED], "directory": "/srv/web"},
        {"mounts": [DATA | {"RW": False}]},
        {"mounts": [{"Type": "bind", "Source": "/etc/localtime", "Destination": "/etc/localtime", "RW": True}]},
        {"mounts": [{"Type": "bind", "Source": f"{ROOT}/shared", "Destination": "/s", "RW": True}]},
        {"status": "exited", "exit": 0, "restart": "no", "check": []},
        {"status": "exited", "exit": 143, "restart": "always"},
        {"status": "exited", "exit": 1, "one_off": "True"},
        {"restarts": 40, "started": "1970-01-01T00:00:00Z"},
        {"ref": "nginx@sha256:" + "a" * 64},
        {"capabilities": ["NET_ADMIN"]},
    ],
)
def test_what_is_no_fault(container: dict[str, Any]) -> None:
    assert problems(said({"stack": "web", "service": "app"} | container)) == {}


def test_a_stack_whose_files_are_gone_and_one_with_two_directories() -> None:
    one = {"stack": "web", "directory": "/srv/web", "files": "/srv/web/compose.yaml"}
    more = "directory\tyes\t/srv/web\nfile\tno\t/srv/web/compose.yaml\n"
    assert (
        "web runs, and its compose file is not on this host: /srv/web/compose.yaml"
        in problems(said(one, more=more))["gone"]
    )
    assert "gone" not in problems(said(one, more=more.replace("\tno\t", "\thidden\t")))
    override = one | {"files": "/srv/web/compose.yaml,/srv/web/b.yaml"}
    some = more.replace("\tno\t", "\tyes\t") + "file\tno\t/srv/web/b.yaml\n"
    assert "Of the compose files of web some are gone: /srv/web/b.yaml" in problems(said(override, more=some))["gone"]
    other = one | {"directory": "/home/ada/web"}
    assert "web is the project name of 2 directories: /srv/web, /home/ada/web" in problems(said(one, other))["names"]


def test_what_git_says() -> None:
    one = {"stack": "web", "directory": "/srv/we b", "files": "/srv/we b/compose.yaml"}
    head = "directory\tyes\t/srv/we b\nfile\tyes\t/srv/we b/compose.yaml\n"
    status = (
        "git\trepository\nstatus\t# branch.oid 1234\nstatus\t# branch.head main\nstatus\t# branch.upstream origin/main\n"
        "status\t# branch.ab +1 -2\nstatus\t1 .M N... 100644 100644 100644 1 2 compose.yaml\n"
        "status\t2 R. N... 100644 100644 100644 1 2 R100 new name\told\nstatus\tu UU N... 1 2 3 4 a b c both\n"
    )
    found = [one for one in judged(said(one, more=head + status))["problems"] if one["kind"] == "git"]
    assert [(one["sentence"], one["mend"]) for one in found] == [
        (
            "web has edits that are in no commit: compose.yaml, new name, both.",
            "cd '/srv/we b' && git diff   (then commit them, or take them back)",
        ),
        (
            "web is 2 commits behind what was last fetched: it runs an older version.",
            "cd '/srv/we b' && git log --oneline ..@{upstream}",
        ),
        ("web has 1 commit that is on this host alone.", "cd '/srv/we b' && git push"),
    ]
    assert "calcifer adopt /srv/we b" in problems(said(one, more=head + "git\tnone\n"))["untracked"]
    left_out = head + "git\trepository\nuntracked\t/srv/we b/compose.yaml\n"
    assert "1 stack has its compose file in no git repository" in problems(said(one, more=left_out))["untracked"]
    assert problems(said(one, more=head + "git\tforeign\n")) == {}
    beside = {"/srv/we b": Compared("web", "a" * 40, ("compose.yaml",), ("x",))}
    told = problems(said(one, more=head + "git\tnone\n"), compared=beside)
    assert list(told) == ["main"]
    assert told["main"].startswith("warn")
    fewer = {"/srv/we b": Compared("web", "a" * 40, (), ("x",))}
    assert problems(said(one, more=head), compared=fewer)["main"].startswith("hint: web is without 1 file of main")
    assert (
        "web has 1 file that is not as on main of the service web (aaaaaaaaaa): compose.yaml; not there: x."
        in told["main"]
    )


def port(address: str, number: int = 80, protocol: str = "tcp", **more: Any) -> Container:
    """A container that wants a port."""
    values = {"id": f"{address}{number}{protocol}{len(more)}", "name": f"c{address}", "image": "x:1", "image_id": "1"}
    return Container(**(values | {"status": "exited", "published": (Published(address, number, protocol),)} | more))


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (port(""), port("127.0.0.1"), True),
        (port("0.0.0.0"), port("127.0.0.1"), True),  # noqa: S104 -- read, not bound
        (port("0.0.0.0"), port("::"), False),  # noqa: S104 -- as above
        (port(""), port("::1"), True),
        (port("::"), port("fd00::1"), True),
        (port("127.0.0.1"), port("127.0.0.2"), False),
        (port("", 80), port("", 81), False),
        (port("", 53, "udp"), port("", 53, "tcp"), False),
        (port(""), port("1.2.3.4", is_one_off=True), False),
    ],
)
def test_ports_clash_where_addresses_meet(one: Container, other: Container, clash: bool) -> None:  # noqa: FBT001 -- a row
    for pair in ([one, other], [other, one]):
        assert [len(found.containers) for found in clashes(pair)] == ([2] if clash else [])


def test_what_runs_side_by_side_does_not_clash() -> None:
    http = {"ports": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}}
    assert problems(said({"stack": "a"} | http, {"stack": "b"} | http)) == {}
    found = problems(said({"stack": "a", "service": "x"} | http, {"stack": "b", "status": "exited"} | http))
    assert found["ports"].startswith(
        "warn: Port 8080/tcp is wanted by a/x, b/c1: only one of them can run, a/x has it now."
    )
    chosen = {"ports": {"80/tcp": [{"HostIp": "", "HostPort": ""}], "81/tcp": None, "82/tcp": [{"HostPort": "1-9"}]}}
    assert problems(said({"stack": "a"} | chosen, {"stack": "b", "status": "exited"} | chosen)) == {}


def test_an_address_of_its_own_that_a_container_elsewhere_has() -> None:
    network = 'network\t{"name":"lan","driver":"macvlan"}\n'
    text = said({"stack": "dns", "service": "pihole", "addresses": [["lan", "192.0.2.5"], None]}, more=network)
    assert judged(text)["addresses"] == ["192.0.2.5"]
    found = problems(text, elsewhere={"beta": ["192.0.2.5"], "gamma": ["192.0.2.6"]})
    assert "dns/pihole has the address 192.0.2.5 of its own, and so has a container on beta" in found["address"]
    assert judged(text.replace("macvlan", "bridge"))["addresses"] == []


@pytest.mark.parametrize(
    ("reference", "name", "latest"),
    [
        ("nginx", "nginx:latest", True),
        ("docker.io/library/nginx:1", "nginx:1", False),
        ("docker.io/ada/x", "ada/x:latest", True),
        ("registry:5000/x", "registry:5000/x:latest", True),
        ("ghcr.io/a/b:v1@sha256:" + "0" * 64, "ghcr.io/a/b:v1@sha256:" + "0" * 64, False),
        ("sha256:" + "0" * 64, "sha256:" + "0" * 64, False),
    ],
)
def test_names_of_images(reference: str, name: str, latest: bool) -> None:  # noqa: FBT001 -- a row
    assert (familiar(reference), is_latest(reference)) == (name, latest)


def test_an_image_that_was_pulled_and_not_started() -> None:
    image = 'image\t{"id":"sha256:2","tags":["nginx:1.27"],"digests":["nginx@sha256:beef"],"created":"2026-01-02T03:04:05Z"}'
    found = judged(said({"stack": "web", "service": "app", "ref": "docker.io/library/nginx:1.27"}, more=image))
    assert found["problems"][0]["where"] == ["web/app (nginx:1.27)"]
    assert found["stacks"][0]["containers"][0]["has_newer"] is True
    same = judged(said({"stack": "web", "image": "sha256:2"}, more=image))
    assert same["problems"] == []
    assert (same["stacks"][0]["containers"][0]["digest"], same["updates"]) == ("sha256:beef", judging.NOT_ASKED)


def test_the_command_for_a_stack() -> None:
    assert (
        Stack("web", [], ["/srv/web"], ["/srv/web/compose.yaml"]).compose("up -d")
        == "cd /srv/web && docker compose up -d"
    )
    odd = Stack("x; rm -rf ~", [], ["/srv/$(w)"], ["/srv/$(w)/a b.yml"])
    assert odd.compose("up -d") == "cd '/srv/$(w)' && docker compose -p 'x; rm -rf ~' -f 'a b.yml' up -d"


def test_an_engine_that_does_not_tell_of_all() -> None:
    text = said({"stack": "web"}).replace("containers\t1", "containers\t3")
    assert judged(text)["vanished_count"] == 2
    assert problems(text) == {}
    found = problems(f"template parsing error: x\n{text}")
    assert found["engine"].startswith("bad: The engine did not tell of 2 containers: template parsing error: x.")


def test_no_engine() -> None:
    assert "There is no docker on this host." in problems("lacks\tdocker\nend\tok\n")["engine"]
    told = "engine_error\tClient: 27\nengine_error\tCannot connect to the Docker daemon.\nengine_error\tx\nend\tok\n"
    assert "does not answer: Cannot connect to the Docker daemon." in problems(told)["engine"]

"""The files that bring Calcifer onto a machine agree with each other, with the pages, and with the tools that check them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from calcifer.wiring import Wiring
from tests.conftest import Git, Run

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.once
SCRIPTS = [
    "packaging/install",
    "packaging/proxmox",
    "examples/wireguard-vpn/start",
    "examples/wireguard-vpn/add-peer",
    "src/calcifer/deployments/drivers/handover.sh",
]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="the program shellcheck is a package of its own")
def test_scripts_are_posix_sh() -> None:
    scripts = [str(ROOT / name) for name in SCRIPTS]
    subprocess.run(["shellcheck", "-s", "sh", "-e", "SC2154,SC2046,SC2086", *scripts], check=True)


@pytest.mark.parametrize(
    ("folder", "page"),
    [(".", "docs/install-docker.md"), ("examples/wireguard-vpn", "examples/wireguard-vpn/README.md")],
)
def test_each_variable_of_a_compose_file_is_in_its_page(folder: str, page: str) -> None:
    compose = (ROOT / folder / "docker-compose.yml").read_text("utf-8")
    used = set(re.findall(r"(?<=\$\{)\w+(?=:-)|(?<=\s)[A-Z_]+(?=:\n)", compose))
    assert used
    assert {name for name in used if name not in (ROOT / page).read_text("utf-8")} <= {"VPN_BASE"}


def test_the_image_is_run_by_nobody_with_rights_and_is_watched() -> None:
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["calcifer"]
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "always"
    made = (ROOT / "Dockerfile").read_text("utf-8")
    assert "USER ${UID}:${GID}" in made
    assert "calcifer.healthy" in made


def test_what_the_server_can_be_told_reaches_it_in_the_container() -> None:
    given = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["calcifer"]["environment"]
    read = set(re.findall(r'"(CALCIFER_\w+)"', (ROOT / "src/calcifer/config.py").read_text("utf-8")))
    assert len(read) > 5
    assert read - set(given) == {"CALCIFER_PORT"}, "its port inside stays"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze comes with the package systemd")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    text = (ROOT / "packaging" / "calcifer.service").read_text("utf-8")
    assert {"NoNewPrivileges=yes", "ProtectSystem=strict", "User=calcifer"} <= set(text.splitlines())
    unit = tmp_path / "calcifer.service"
    unit.write_text(
        text.replace("/usr/local/lib/calcifer/bin/calcifer serve", "/bin/true").replace("=calcifer\n", "=root\n")
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    assert str(unit) not in done.stderr, done.stderr


def test_calcifer_and_the_example_are_services_without_a_fault(wiring: Wiring, calcifer: Run, git: Git) -> None:
    home = wiring.settings.home
    for name, source in {"calcifer-app": ROOT, "wireguard-vpn": ROOT / "examples" / "wireguard-vpn"}.items():
        (home / name / ".calcifer").mkdir(parents=True)
        for file in ("docker-compose.yml", "Dockerfile", ".calcifer/service.yaml", "README.md"):
            shutil.copy(source / file, home / name / file)
        git(home / name, "init", "-q", "-b", "main")
        git(home / name, "add", "-A")
        git(home / name, "commit", "-qm", "Begin")
    assert calcifer("scan").code == 0
    for name in ("calcifer-app", "wireguard-vpn"):
        shown = json.loads(calcifer("services", "show", name, "--json").out)
        assert shown["descriptor_error"] is None
        assert shown["descriptor_source"] == "service.yaml"

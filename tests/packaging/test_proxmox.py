"""`packaging/proxmox`, with stand-ins for pct and qm that take what the real ones take, and nothing else."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.once

# Options of `pct create` and `qm create` in Proxmox VE 8 and 9, as far as anybody here uses them.
STAND_IN = """#!@PYTHON@
import json, pathlib, re, sys
kind, at, args = pathlib.Path(sys.argv[0]).name, pathlib.Path("@STATE@"), sys.argv[1:]
with (at / "calls").open("a") as file:
    file.write(json.dumps([kind, *args]) + "\\n")
verb, made = args[0], at / f"{kind}-{args[1] if args[0] != 'disk' else args[2]}"
LAN = r"ip=\\d+(\\.\\d+){3}/\\d+,gw=\\d+(\\.\\d+){3}"
OPTIONS = {
    "pct": {"hostname": r"[a-z0-9-]+", "unprivileged": "[01]", "features": "nesting=1", "onboot": "[01]", "cores": r"\\d+",
            "memory": r"\\d+", "swap": r"\\d+", "rootfs": r"[\\w-]+:\\d+", "net0": r"name=eth0,bridge=\\w+," + LAN},
    "qm": {"name": r"[a-z0-9-]+", "ostype": "l26", "onboot": "[01]", "cores": r"\\d+", "memory": r"\\d+", "cpu": "host",
           "net0": r"virtio,bridge=\\w+", "scsihw": "virtio-scsi-single", "scsi0": r"[\\w-]+:0,import-from=/.+",
           "ide2": r"[\\w-]+:cloudinit", "boot": "order=scsi0", "serial0": "socket", "agent": "enabled=1",
           "ciuser": r"[a-z-]+", "sshkeys": "/.+", "ipconfig0": LAN},
}[kind]
if verb == "create":
    if made.exists():
        sys.exit(f"unable to create CT {args[1]}: already exists")
    rest = args[2:]
    if kind == "pct" and not re.fullmatch(r"[\\w-]+:vztmpl/\\S+", rest.pop(0)):
        sys.exit("unable to parse volume ID")
    for name, value in zip(rest[::2], rest[1::2], strict=True):
        if not re.fullmatch(OPTIONS[name.removeprefix("--")], value):
            sys.exit(f"400 Parameter verification failed. {name}: {value}")
    made.write_text("stopped")
elif not made.exists():
    sys.exit("Configuration file does not exist")
elif verb == "status":
    print("status:", made.read_text())
elif verb == "start":
    if made.read_text() == "running":
        sys.exit("already running")
    made.write_text("running")
elif verb == "disk":
    assert args[1] == "resize" and re.fullmatch(r"\\d+G", args[4]), args
elif verb == "exec":
    assert args[2] == "--" and made.read_text() == "running", args
elif verb != "config":
    sys.exit(f"ERROR: unknown command '{kind} {verb}'")
"""


class Proxmox:
    """A host with pct and qm, and what was asked of them."""

    def __init__(self, at: Path) -> None:
        self.at = at
        (at / "bin").mkdir()
        for kind in ("pct", "qm"):
            program = at / "bin" / kind
            program.write_text(STAND_IN.replace("@PYTHON@", sys.executable).replace("@STATE@", str(at)))
            program.chmod(0o755)
        for name in ("image.qcow2", "keys"):
            (at / name).touch()

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        env = os.environ | {"PATH": f"{self.at / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        command = [str(ROOT / "packaging" / "proxmox"), *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    def calls(self) -> str:
        file = self.at / "calls"
        return file.read_text() if file.exists() else ""


@pytest.fixture
def proxmox(tmp_path: Path) -> Proxmox:
    return Proxmox(tmp_path)


def shown(number: int, proxmox: Proxmox) -> list[str]:
    """The words of a command of the page, behind the script's name; files of the host are those of the test."""
    page = (ROOT / "docs" / "install-proxmox.md").read_text("utf-8")
    block = re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[number].replace("\\\n", " ")
    words = shlex.split(
        block.replace("/var/lib/vz/import/debian-12-genericcloud-amd64.qcow2", str(proxmox.at / "image.qcow2"))
    )
    return words[1:]


def test_the_container_of_the_page_is_made_once(proxmox: Proxmox) -> None:
    done = proxmox.run(*shown(0, proxmox))
    assert done.returncode == 0, done.stderr
    assert '"name=eth0,bridge=vmbr0,ip=10.66.33.112/24,gw=10.66.33.1"' in proxmox.calls()
    assert "packaging/install 10.66.33.112 8000" in proxmox.calls()
    assert "http://10.66.33.112:8000/" in done.stdout
    again = proxmox.run(*shown(0, proxmox))
    assert again.returncode == 0, again.stderr
    assert "stays as it is" in again.stdout
    assert (proxmox.calls().count('"create"'), proxmox.calls().count('"start"')) == (1, 1)


def test_the_vm_of_the_page_is_made_once(proxmox: Proxmox) -> None:
    words = [*shown(1, proxmox), "--keys", str(proxmox.at / "keys"), "--port", "8080"]
    done = proxmox.run(*words)
    assert done.returncode == 0, done.stderr
    assert '"ip=10.66.33.113/24,gw=10.66.33.1"' in proxmox.calls()
    assert '"resize", "113", "scsi0", "16G"' in proxmox.calls()
    assert "packaging/install 10.66.33.113 8080" in done.stdout
    assert proxmox.run(*words).returncode == 0
    assert proxmox.calls().count('"create"') == 1


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--id", "99", "from 100"),
        ("--address", "10.66.33.112", "10.66.33.112/24"),
        ("--gateway", "router", "10.66.33.1"),
        ("--port", "70000", "65535"),
        ("--source", "x; rm -rf /", "does not belong there"),
        ("--template", "$(id)", "does not belong there"),
        ("--nonsense", "1", "no option --nonsense"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_made(
    proxmox: Proxmox, option: str, value: str, said: str
) -> None:
    done = proxmox.run(*shown(0, proxmox), option, value)
    assert done.returncode == 2
    assert said in done.stderr
    assert not proxmox.calls()

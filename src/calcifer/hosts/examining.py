"""The only place that says what a host lacks, and how to mend it; pure, from what the host said of itself."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from calcifer.hosts import interfaces
from calcifer.hosts.surveying import Survey
from calcifer.kit.diagnosis import Finding

LEAST_BYTES = 1_000_000_000
MOST_SECONDS = 2.0
# Tool → the package that has it, where it is not called as the tool.
PACKAGES = {
    "awk": "mawk", "cat": "coreutils", "cp": "coreutils", "find": "findutils", "flock": "util-linux", "mv": "coreutils",
    "readlink": "coreutils", "sha256sum": "coreutils", "sync": "coreutils", "xargs": "findutils",
}  # fmt: skip


@dataclass(frozen=True)
class Disk:
    """A file system: where it is mounted, its size and what is free of it."""

    device: str
    mount: str
    total_bytes: int
    free_bytes: int


def facts(survey: Survey) -> dict[str, Any]:
    """Return what is kept of a host: plain values, sizes in bytes."""
    disks = {disk.mount: disk for line in survey.many["disk"] if (disk := read_disk(line))}
    once = {disk.device: disk for disk in reversed(list(disks.values()))}  # a device may be mounted at many places
    offset = survey.clock_offset_seconds
    return {
        "os": survey.get("os").strip("\"'"),
        "kernel": survey.get("kernel"),
        "arch": survey.get("arch"),
        "hostname": survey.get("hostname"),
        "user": user_of(survey),
        "cpus": _number(survey.get("cpus")),
        "memory_bytes": (_number(survey.get("memory_kb")) or 0) * 1024 or None,
        "disks": [vars(disk) for disk in sorted(once.values(), key=lambda disk: disk.mount)],
        "engine_version": survey.get("engine_version"),
        "engine_root": survey.get("engine_root"),
        "compose_version": survey.get("compose_version"),
        "addresses": interfaces.addresses(survey.many["address"]),
        "macvlan_parents": interfaces.macvlan_parents(survey.many["link"], survey.many["wireless"]),
        "clock_offset_seconds": offset,
    }


def findings(survey: Survey, directory: str) -> list[Finding]:
    """Return what the host lacks, of which services lie in `directory`."""
    return [
        *_engine(survey), *_compose(survey), *_room(survey, directory), *_writable(survey, directory), *_clock(survey),
        *_tools(survey),
    ]  # fmt: skip


def _engine(survey: Survey) -> Iterator[Finding]:
    if not survey.get("docker"):
        yield Finding("engine", "There is no docker on this host.", install(survey, "docker.io", "docker"))
    elif survey.get("engine_denied"):
        user = user_of(survey)
        yield Finding(
            "rights",
            f"{user} may not use the container engine: {user} is neither root nor in the group docker.",
            f"{sudo(survey)}usermod -aG docker {user}   (then sign in anew; who may use the engine is as good as root)",
        )
    elif not survey.get("engine_version"):
        said = survey.get("engine_error") or "it gave no reason."
        said += "" if said[-1] in ".?!" else "."
        start = "systemctl enable --now docker" if survey.get("systemd") else "service docker start"
        yield Finding(
            "engine",
            f"The container engine does not answer: {said}",
            sudo(survey) + start,
        )


def _compose(survey: Survey) -> Iterator[Finding]:
    if not survey.get("docker"):
        return
    version = survey.get("compose_version").removeprefix("v")
    if not version:
        sentence = "There is no docker compose on this host."
    elif _number(version.partition(".")[0]) in {None, 0, 1}:
        sentence = f"The docker compose of this host is {version}, and 2 or newer is needed."
    else:
        return
    package = "docker-cli-compose" if _is_like(survey, "alpine") else "docker-compose-plugin"
    also = "   (docker-compose-v2 on Ubuntu, docker-compose on Debian 13)" if _is_like(survey, "debian") else ""
    yield Finding("compose", sentence, install(survey, package, package) + also)


def _room(survey: Survey, directory: str) -> Iterator[Finding]:
    engine, stacks = read_disk(survey.get("engine_disk")), read_disk(survey.get("stacks"))
    if engine and engine.free_bytes < LEAST_BYTES:
        root = survey.get("engine_root")
        yield Finding(
            "disk",
            f"Only {engine.free_bytes / 1e6:,.0f} MB are free where the engine keeps images and volumes ({root}).",
            "docker system df shows what takes it; docker image prune -a removes images that no container uses",
        )
    if stacks and stacks.free_bytes < LEAST_BYTES and not (engine and engine.mount == stacks.mount):
        yield Finding(
            "disk",
            f"Only {stacks.free_bytes / 1e6:,.0f} MB are free where services lie ({directory}).",
            f"du -xsh {shlex.quote(stacks.mount.rstrip('/'))}/* shows what is big",
        )


def _writable(survey: Survey, directory: str) -> Iterator[Finding]:
    if not survey.get("stacks_writable"):
        user = user_of(survey)
        yield Finding(
            "directory",
            f"{user} may not write where services lie ({directory}).",
            f"{sudo(survey)}install -d -o {user} {shlex.quote(directory)}",
        )


def _clock(survey: Survey) -> Iterator[Finding]:
    offset = survey.clock_offset_seconds
    mend = f"{sudo(survey)}timedatectl set-ntp true" if survey.get("systemd") else install(survey, "chrony", "chrony")
    if offset is None:
        yield Finding("clock", "The clock of this host could not be read.", "date")
    elif abs(offset) > MOST_SECONDS:
        word = "ahead of" if offset > 0 else "behind"
        yield Finding("clock", f"The clock is {abs(offset):,.0f} seconds {word} this machine's.", mend)


def _tools(survey: Survey) -> Iterator[Finding]:
    for tool in survey.many["lacks"]:
        if tool in {*PACKAGES, "sed", "tar"}:
            package = PACKAGES.get(tool, tool)
            yield Finding(
                "tools", f"There is no {tool} on this host, which shipping needs.", install(survey, package, package)
            )


def install(survey: Survey, debian: str, other: str) -> str:
    """Return the command that installs a package, by the family of the system."""
    if _is_like(survey, "alpine"):
        return f"{sudo(survey)}apk add {other}"
    if _is_like(survey, "fedora") or _is_like(survey, "rhel"):
        return f"{sudo(survey)}dnf install {other}"
    if _is_like(survey, "arch"):
        return f"{sudo(survey)}pacman -S {other}"
    if _is_like(survey, "suse"):
        return f"{sudo(survey)}zypper install {other}"
    return f"{sudo(survey)}apt-get install {debian}"


def user_of(survey: Survey) -> str:
    """Return who signs in there: a name that may stand in a command, else a number."""
    name, number = survey.get("user"), survey.get("uid")
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", name):
        return name
    return number if number.isdecimal() else "the user"


def sudo(survey: Survey) -> str:
    """Return what stands before a command that only root may run."""
    return "" if survey.get("uid") == "0" else "sudo "


def _is_like(survey: Survey, family: str) -> bool:
    return family in survey.get("os_like").replace('"', " ").replace("'", " ").replace("-", " ").split()


def read_disk(line: str) -> Disk | None:
    """Read a line of `df -Pk` (POSIX): device, kilobytes, used, free, percent, where it is mounted."""
    parts = line.split(None, 5)
    if len(parts) < 6 or not parts[1].isdecimal() or not parts[3].isdecimal() or len(parts[1] + parts[3]) > 30:
        return None
    return Disk(parts[0], parts[5], int(parts[1]) * 1024, int(parts[3]) * 1024)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 16 else None

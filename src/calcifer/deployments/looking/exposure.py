"""The only place that says which containers are as good as root on their host; pure."""

import posixpath
from collections.abc import Iterator

from calcifer.deployments.looking.problems import Problem, gathered, some
from calcifer.deployments.looking.seen import Container

SOCKETS = ("docker.sock", "podman.sock", "containerd.sock")
ROOT = {"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "SYS_RAWIO", "DAC_READ_SEARCH"}
"""Capabilities that lead out of a container (capabilities(7)); the first is all of them."""
WHOLE = {"/", "/etc", "/root", "/boot", "/usr", "/var", "/var/lib", "/var/lib/docker", "/var/run", "/run", "/home"}
"""Directories of which one that may be written to makes its writer root, or holds the engine's socket."""


def judge(containers: list[Container]) -> Iterator[Problem]:
    """Yield who is root on the host by what containers may do."""
    yield from gathered(
        "warn",
        "root",
        ((one, ", ".join(why)) for one in containers if (why := reasons(one))),
        lambda count: f"Whoever gets into {some(count, 'container')} is root on this host.",
        "Give each only what it needs: a proxy in front of the engine's socket, single devices or capabilities instead of "
        "'privileged', the one directory instead of the whole.",
    )


def reasons(one: Container) -> list[str]:
    """Return by what a container is as good as root on its host; empty where it is not."""
    found = ["privileged"] if one.is_privileged else []
    found += ["the host's processes"] if one.shares_pids else []
    found += sorted(cap for name in one.capabilities if (cap := name.upper().removeprefix("CAP_")) in ROOT)
    for mount in one.mounts:
        if mount.kind == "bind":
            if is_socket(mount.source):
                found.append("the engine's socket")
            elif (mount.source.rstrip("/") or "/") in WHOLE and (
                mount.is_writable or mount.source in {"/run", "/var/run"}
            ):
                found.append(f"writes to {mount.source}")
    return list(dict.fromkeys(found))


def is_socket(path: str) -> bool:
    """Whether a path is the socket of a container engine: who may write to it may start a privileged container."""
    return posixpath.basename(path) in SOCKETS

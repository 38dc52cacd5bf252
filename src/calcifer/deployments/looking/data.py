"""The only place that says which data of a container would be left behind, or lost; pure."""

import re
from collections.abc import Iterator

from calcifer.deployments.looking.exposure import is_socket
from calcifer.deployments.looking.problems import Problem, gathered, some
from calcifer.deployments.looking.seen import Container, Mount

_ANONYMOUS = re.compile(r"[0-9a-f]{64}\Z")
SYSTEM = ("/dev", "/proc", "/sys", "/run", "/var/run", "/etc", "/lib", "/usr", "/tmp", "/boot", "/var/log")  # noqa: S108 -- read
"""Where no service keeps its data: the system's own."""


def judge(containers: list[Container], root: str) -> Iterator[Problem]:
    """Yield what is written outside of the stack's directory, of `root` (where services lie), and of named volumes."""
    mine = [one for one in containers if not one.is_one_off]
    yield from gathered(
        "warn",
        "volume",
        ((one, mount.target) for one in mine for mount in one.mounts if is_anonymous(mount)),
        lambda count: (
            f"{some(count, 'mount', 'is in a volume', 'are in volumes')} without a name: a new container begins without that "
            "data, and what is left behind goes with the next prune."
        ),
        "Give the volume a name in the compose file: 'volumes: [data:/where/it/is]', and 'data:' under the top 'volumes:'.",
    )
    yield from gathered(
        "hint",
        "outside",
        ((one, mount.source) for one in mine for mount in one.mounts if _is_outside(mount, one.directory, root)),
        lambda count: (
            f"{some(count, 'mount', 'has', 'have')} data outside of the stack's directory: a copy of that is without it."
        ),
        "Where it is the service's own data, move it beside the compose file ('./data'); else see that the backup has it.",
    )


def is_anonymous(mount: Mount) -> bool:
    """Whether it is a volume that the engine has named by itself."""
    return mount.kind == "volume" and _ANONYMOUS.match(mount.source) is not None


def _is_outside(mount: Mount, directory: str, root: str) -> bool:
    if mount.kind != "bind" or not mount.is_writable or is_socket(mount.source) or mount.source == "/":
        return False
    return not any(is_below(mount.source, known) for known in (directory, root, *SYSTEM) if known)


def is_below(path: str, directory: str) -> bool:
    """Whether a path is a directory, or lies in it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")

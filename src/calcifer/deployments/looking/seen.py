"""What was seen on a host, as it is judged: pure values, every text without what a page or a terminal would obey."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Published:
    """A port of the host that a container has, or wants to have once it runs; an empty address is every one (IPv4 and IPv6)."""

    address: str
    port: int
    protocol: str

    def __str__(self) -> str:
        """Return it as `docker ps` writes it."""
        at = f"[{self.address}]:" if ":" in self.address else f"{self.address}:" if self.address else ""
        return f"{at}{self.port}/{self.protocol}"


@dataclass(frozen=True)
class Mount:
    """A directory of the host (`bind`) or a volume, and where the container has it."""

    kind: str
    source: str
    target: str
    is_writable: bool


@dataclass(frozen=True)
class Container:
    """A container as the engine tells it, without environment, command and foreign labels."""

    id: str
    name: str
    image: str
    """The image as whoever made the container named it."""
    image_id: str
    status: str
    """created, running, paused, restarting, removing, exited or dead (Docker Engine API, ContainerState)."""
    exit_code: int = 0
    error: str = ""
    restarts: int = 0
    """How often its policy has started it again."""
    up_seconds: float | None = None
    """How long ago it was started last; None where that is not known."""
    health: str = ""
    has_check: bool = False
    restart: str = ""
    """The policy: always, unless-stopped, on-failure; `no` or empty where there is none."""
    is_privileged: bool = False
    shares_pids: bool = False
    network: str = ""
    capabilities: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    mounts: tuple[Mount, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    """Network and address."""
    stack: str = ""
    service: str = ""
    is_one_off: bool = False
    """Made for one command (`docker compose run`, `docker run --rm`)."""
    directory: str = ""
    files: str = ""
    swarm: str = ""

    @property
    def is_running(self) -> bool:
        """Whether it is meant to be at work now."""
        return self.status in {"running", "paused", "restarting"}

    @property
    def label(self) -> str:
        """Return what people call it: stack and service, or its own name."""
        return f"{self.stack}/{self.service or self.name}" if self.stack else self.name


@dataclass(frozen=True)
class Image:
    """An image that lies on the host."""

    id: str
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    created: str = ""


@dataclass
class Directory:
    """A directory that stacks say they were started in."""

    path: str
    state: str
    """Whether it is there: yes, no, hidden where the user may not see it, unknown where it is no path of this host."""
    git: str = ""
    """repository; none; foreign where git refuses because it belongs to somebody else; unread; empty where git was not asked."""
    status: list[str] = field(default_factory=list)
    """Lines of `git status --porcelain=v2 --branch`."""
    untracked: list[str] = field(default_factory=list)
    """Compose files that git does not track."""


@dataclass
class Seen:
    """All that was seen."""

    user: str = ""
    engine_version: str = ""
    engine_error: str = ""
    lacks: frozenset[str] = frozenset()
    counted: int = 0
    """How many containers there were when they were listed; some may have gone before they were looked at."""
    complaint: str = ""
    """The first line that the engine's client said beside what it was asked for; empty where it said that something is gone."""
    containers: list[Container] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    drivers: dict[str, str] = field(default_factory=dict)
    """Of each network."""
    directories: dict[str, Directory] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Compose file to whether it is there, as for directories."""
    known: dict[str, dict[str, str]] = field(default_factory=dict)
    """Directory of a known service → tracked file → its SHA-256, `missing` or `link`."""

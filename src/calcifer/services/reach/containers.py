"""Judges one service of the compose files by every key that can lead out of its container (compose specification, `services`)."""

from collections.abc import Callable

from calcifer.services.compose_merge import names
from calcifer.services.marked_yaml import Node, shown
from calcifer.services.reach import paths
from calcifer.services.reach.paths import UNKNOWN, Around, Found
from calcifer.services.reach.told import Fact
from calcifer.services.reach.variables import value

NO = frozenset({"", "false", "no", "off", "0", "n", "f"})
CAPABILITIES = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "IPC_LOCK", "SYS_NICE",
})  # fmt: skip
"""Those that every container has anyway, and two that lock memory and order processes."""
SECURITY = (
    "no-new-privileges",
    "apparmor=docker-default",
    "apparmor:docker-default",
    "seccomp=builtin",
    "seccomp:builtin",
)
SHARED: dict[str, tuple[frozenset[str], str]] = {
    "network_mode": (
        frozenset({"", "none", "bridge", "default"}),
        "what listens on the host alone, the engine among it, hears it",
    ),
    "pid": (frozenset({""}), "it sees the host's processes, their files and memory"),
    "ipc": (frozenset({"", "none", "private", "shareable"}), "it shares the memory of other processes"),
    "uts": (frozenset({""}), "it shares the host's name"),
    "userns_mode": (frozenset({""}), "root in it is root on the host"),
    "cgroup": (frozenset({"", "private"}), "it sees the groups of the host's processes"),
}
"""Namespaces: the values that share none, and what sharing means. Those of a service of the same files are its own."""
HOOKS = ("post_start", "pre_stop")
INSIDE = frozenset({
    "attach", "blkio_config", "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period",
    "cpu_rt_runtime", "cpu_shares", "cpus", "cpuset", "depends_on", "deploy", "domainname", "expose", "external_links",
    "hostname", "init", "labels", "links", "logging", "mem_limit", "mem_reservation", "mem_swappiness", "memswap_limit",
    "networks", "oom_kill_disable", "oom_score_adj", "per_replica", "pids_limit", "platform", "ports", "profiles", "pull_policy",
    "read_only", "restart", "scale", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "storage_opt", "tty",
    "ulimits",
})  # fmt: skip
"""Keys that neither reach the host nor say what runs in the container."""
RUNS = frozenset({
    "annotations", "cap_drop", "cgroup_parent", "command", "credential_spec", "develop", "dns", "dns_opt", "dns_search",
    "entrypoint", "environment", "extends", "extra_hosts", "gpus", "group_add", "healthcheck", "image", "isolation", "mac_address",
    "models", "pull_refresh_after", "runtime", "sysctls", "tmpfs", "umask", "user", "working_dir",
})  # fmt: skip
"""Keys that reach nothing by themselves, and are a part of what runs; a runtime is one that the host's owner has set up."""


def judged(name: str, node: Node, around: Around) -> Found:
    """Yield what a service reaches, and the paths of the repository that it is given."""
    subject = shown(name, 100)
    for key, judge in _JUDGES.items():
        if key in node.mapping:
            yield from judge(subject, node.mapping[key], around)
    for key in sorted(node.mapping.keys() - INSIDE - RUNS - _JUDGES.keys()):
        if not key.startswith("x-"):
            yield Fact(subject, f"asks for '{shown(key)}'", "what that does is not known here")


def _flag(what: str, why: str) -> "Judge":
    def judge(name: str, node: Node, around: Around) -> Found:
        said = value(node, around.env)
        if said is None or said.lower() not in NO:
            yield Fact(name, what, why if said is not None else UNKNOWN)

    return judge


def _any(what: str, why: str) -> "Judge":
    def judge(name: str, node: Node, _: Around) -> Found:
        for item in node.items or ((node,) if node.value else ()):
            yield Fact(name, f"{what} {shown(_text(item), 200)}", why)

    return judge


def _text(node: Node) -> str:
    return node.text or str(node.plain())


def _shared(key: str) -> "Judge":
    harmless, why = SHARED[key]

    def judge(name: str, node: Node, around: Around) -> Found:
        said = value(node, around.env)
        own = said is not None and (said in harmless or said.startswith("service:"))
        named = key == "network_mode" and said not in (None, "host") and not (said or "").startswith("container:")
        if not own and not named:
            yield Fact(name, f"has {key}: {shown(node.text or '')}", UNKNOWN if said is None else why)

    return judge


def _capabilities(name: str, node: Node, around: Around) -> Found:
    for item in node.items:
        said = value(item, around.env)
        if said is None or said.upper().removeprefix("CAP_") not in CAPABILITIES:
            why = "it takes a right that containers do not have" if said is not None else UNKNOWN
            yield Fact(name, f"has the capability {shown(item.text or '')}", why)


def _security(name: str, node: Node, around: Around) -> Found:
    for item in node.items:
        said = (value(item, around.env) or "").strip().lower()
        if not said.startswith(SECURITY):
            yield Fact(
                name, f"has security_opt {shown(item.text or '', 200)}", "what keeps it in its container is replaced"
            )


def _files_of(verb: str) -> "Judge":
    def judge(name: str, node: Node, around: Around) -> Found:
        for item in node.items or (node,):
            path = item.mapping.get("path") if isinstance(item.value, dict) else item
            if path is not None:
                yield from paths.read(name, path, around, verb)

    return judge


def _given(section: str) -> "Judge":
    return lambda name, node, around: paths.files(name, node, around, section)


def _networks(name: str, node: Node, around: Around) -> Found:
    for named in names(node):
        entry = around.entry("networks", named)
        said = [value(entry.get(key), around.env) for key in ("name", "driver")]
        if "host" in said:
            yield Fact(name, f"is in the network {shown(named)}, which is the host's", SHARED["network_mode"][1])
        elif None in said:
            yield Fact(name, f"is in the network {shown(named)}", UNKNOWN)


def _volumes_from(name: str, node: Node, around: Around) -> Found:
    for item in node.items:
        said = value(item, around.env)
        if said is None or said.startswith("container:"):
            yield Fact(name, f"has the mounts of {shown(item.text or '')}", "they are another service's")


def _hooks(name: str, node: Node, around: Around) -> Found:
    for item in node.items:
        said = value(item.mapping.get("privileged"), around.env)
        if said is None or said.lower() not in NO:
            yield Fact(name, "has a privileged hook", "it has every right and device of the host")


def _before(name: str, node: Node, around: Around) -> Found:
    """A container that runs first is one of its own, with all that a container may have."""
    for item in node.items:
        yield from judged(name, item, around)


# -- build --------------------------------------------------------------------------------------------------------------


def _build(name: str, node: Node, around: Around) -> Found:
    entries = node.mapping if isinstance(node.value, dict) else {"context": node}
    for key, judge in _BUILD.items():
        if key in entries:
            yield from judge(name, entries[key], around)


def _context(name: str, node: Node, around: Around) -> Found:
    """A context that is fetched is built in a container; one of the host's files goes into the image whole."""
    said = value(node, around.env)
    if said is None or not is_remote(said):
        yield from paths.read(name, node, around, "is built from")


def _contexts(name: str, node: Node, around: Around) -> Found:
    mapped = node.mapping.values() if node.mapping else (_after_sign(item) for item in node.items)
    for item in mapped:
        yield from _context(name, item, around)


def _after_sign(item: Node) -> Node:
    return Node((item.text or "").partition("=")[2], item.place)


def is_remote(said: str) -> bool:
    """Whether a build context is an address and not a directory."""
    return "://" in said or said.startswith(("git@", "github.com/", "docker-image:", "service:"))


def _caches(name: str, node: Node, around: Around) -> Found:
    for item in node.items:
        said = value(item, around.env)
        if said is None or "type=local" in said.replace(" ", ""):
            yield Fact(
                name, f"keeps what is built in {shown(item.text or '', 200)}", "it writes directories of the host"
            )


def _build_network(name: str, node: Node, around: Around) -> Found:
    said = value(node, around.env)
    if said is None or said == "host" or said.startswith("container:"):
        yield Fact(name, f"is built in the network {shown(node.text or '')}", SHARED["network_mode"][1])


Judge = Callable[[str, Node, Around], Found]
ALL = "it has every right and device of the host"
_JUDGES: dict[str, Judge] = {
    "privileged": _flag("is privileged", ALL),
    "use_api_socket": _flag(
        "has the engine's socket", "whoever talks to the engine starts whatever they like, as root"
    ),
    **{key: _shared(key) for key in SHARED},
    "cap_add": _capabilities,
    "devices": _any("has the device", "a device of the host is read and written past its files"),
    "device_cgroup_rules": _any("may use the devices", "with mknod it makes itself any that the rule names"),
    "security_opt": _security,
    "volumes": paths.volumes,
    "volumes_from": _volumes_from,
    "networks": _networks,
    "configs": _given("configs"),
    "secrets": _given("secrets"),
    "env_file": _files_of("reads"),
    "label_file": _files_of("reads"),
    "build": _build,
    "provider": _any("is made by", "compose runs that program on the host"),
    **dict.fromkeys(HOOKS, _hooks),
    "pre_start": _before,
}
_BUILD: dict[str, Judge] = {
    "context": _context,
    "additional_contexts": _contexts,
    "dockerfile": _files_of("is built by"),
    "privileged": _flag("is built privileged", ALL),
    "entitlements": _any("is built with", "the build may do what containers may not"),
    "network": _build_network,
    "secrets": _given("secrets"),
    "ssh": _any("is built with the ssh agent", "the build signs in wherever its user may"),
    "cache_from": _caches,
    "cache_to": _caches,
}

"""The only place that knows how compose merges one file over another (compose specification, section "Merge").

Mappings merge, sequences are appended, single values are replaced; some sequences have an identity per element (ports, volumes …),
some attributes are replaced whole (commands), and some may be written as sequence or mapping and merge as mappings.
"""

from collections.abc import Callable

from calcifer.services.marked_yaml import Node

REPLACED = {"command", "entrypoint", "healthcheck.test"}
AS_PAIRS = {
    "annotations",
    "build.additional_contexts",
    "build.args",
    "build.labels",
    "deploy.labels",
    "environment",
    "labels",
    "sysctls",
}
AS_NAMES = {"depends_on", "networks", "models"}
AS_SEQUENCE = {"dns", "dns_search", "env_file", "label_file", "tmpfs"}
RESET, OVERRIDE = "!reset", "!override"


def merged(base: Node, over: Node, path: tuple[str, ...] = ()) -> Node:
    """Return `over` merged over `base`, both at `path` of a compose file; what does not fit is replaced."""
    if over.tag == OVERRIDE or base.value is None:
        return over
    if over.value is None:
        return base
    rule = ".".join(path[2:]) if path[:1] == ("services",) else ""
    if rule in REPLACED:
        return over
    base, over = _one_form(base, over, rule)
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        entries = dict(base.value)
        for key, node in over.value.items():
            if node.tag == RESET:
                entries.pop(key, None)
            else:
                entries[key] = merged(entries[key], node, (*path, key)) if key in entries else node
        return over.holding(entries)
    if isinstance(base.value, tuple) and isinstance(over.value, tuple):
        return over.holding(_joined(base.value, over.value, _IDENTITY.get(rule, _same_text)))
    return over


def settled(node: Node) -> Node:
    """Return `node` without what it marks as reset."""
    if isinstance(node.value, dict):
        return node.holding({key: settled(inner) for key, inner in node.value.items() if inner.tag != RESET})
    if isinstance(node.value, tuple):
        return node.holding(tuple(settled(inner) for inner in node.value if inner.tag != RESET))
    return node


def pairs(node: Node) -> dict[str, Node]:
    """Return what is a mapping, or a sequence of `KEY=VALUE`, as a mapping."""
    if isinstance(node.value, dict):
        return node.value
    found = {}
    for item in node.items:
        key, sign, value = (item.text or "").partition("=")
        found[key] = Node(value if sign else None, item.place, item.place)
    return found


def names(node: Node) -> dict[str, Node]:
    """Return what is a mapping by name, or a sequence of names, as a mapping; a single name counts as a sequence of one."""
    if isinstance(node.value, dict):
        return node.value
    items = node.items or ((node,) if node.text else ())
    return {item.text: Node(None, item.place, item.place) for item in items if item.text}


def _one_form(base: Node, over: Node, rule: str) -> tuple[Node, Node]:
    form: Callable[[Node], Node] | None = None
    if rule in AS_PAIRS:
        form = _as_pairs
    elif rule in AS_NAMES:
        form = _as_names
    elif rule in AS_SEQUENCE:
        form = _as_sequence
    elif rule == "build":
        form = _as_build
    return (form(base), form(over)) if form else (base, over)


def _as_pairs(node: Node) -> Node:
    return node.holding(pairs(node)) if isinstance(node.value, tuple) else node


def _as_names(node: Node) -> Node:
    return node.holding(names(node)) if isinstance(node.value, tuple) else node


def _as_sequence(node: Node) -> Node:
    return node if isinstance(node.value, tuple) else node.holding((node,))


def _as_build(node: Node) -> Node:
    return node if isinstance(node.value, dict) else node.holding({"context": node})


def _joined(base: tuple[Node, ...], over: tuple[Node, ...], identity: Callable[[Node], object]) -> tuple[Node, ...]:
    found: dict[object, Node] = {}
    for item in (*base, *over):
        key = identity(item)
        found[item if key is None else key] = item
    return tuple(found.values())


def _same_text(node: Node) -> object:
    return node.text


def volume_target(node: Node) -> str | None:
    """Return where in the container a volume is mounted."""
    if isinstance(node.value, dict):
        return node.value["target"].text if "target" in node.value else None
    parts = split_volume(node.text or "")
    return (parts[1] if len(parts) > 1 else parts[0]) or None


def split_volume(text: str) -> list[str]:
    """Split `SOURCE:TARGET:MODE`; a colon inside `${…}` and that of a Windows drive do not separate."""
    parts: list[str] = []
    depth, current = 0, ""
    for position, char in enumerate(text):
        depth += (text[position - 1 : position + 1] == "${") - (char == "}" and depth > 0)
        drive = not parts and len(current) == 1 and current.isalpha() and text[position + 1 : position + 2] == "\\"
        if char == ":" and not depth and not drive:
            parts.append(current)
            current = ""
        else:
            current += char
    return [*parts, current]


def _mount_target(node: Node) -> str | None:
    for key in ("target", "source"):
        if key in node.mapping:
            return node.mapping[key].text
    return node.text


def _port(node: Node) -> object:
    if not isinstance(node.value, dict):
        return (node.text or "").removesuffix("/tcp")
    keys = ("host_ip", "published", "target", "protocol")
    return tuple(node.mapping[key].text if key in node.mapping else None for key in keys)


_IDENTITY: dict[str, Callable[[Node], object]] = {
    "ports": _port,
    "volumes": volume_target,
    "secrets": _mount_target,
    "configs": _mount_target,
    "build.secrets": _mount_target,
}

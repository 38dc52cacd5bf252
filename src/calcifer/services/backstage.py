"""The only place that knows Backstage's `catalog-info.yaml` (descriptor format v1alpha1), and what of it is ours."""

from calcifer.services.marked_yaml import Node, Problem

NAMES = ("catalog-info.yaml", "catalog-info.yml")
_KINDS = {"Component": "application", "API": "application", "System": "application", "Resource": "infrastructure"}


def translated(node: Node) -> Node | Problem:
    """Return an entity as a descriptor has it, each value at its place, or what is wrong; only the first document counts."""
    kind = node.mapping.get("kind")
    if kind is None or "metadata" not in node.mapping:
        return node.problem("A catalog-info.yaml has `kind` and `metadata`.")
    metadata = node.mapping["metadata"].mapping
    spec = node.mapping["spec"].mapping if "spec" in node.mapping else {}
    found: dict[str, Node] = {"kind": _with(kind, _KINDS.get(kind.text or "", "application"))}
    for key, source in (("title", metadata), ("description", metadata), ("lifecycle", spec), ("owner", spec)):
        if key in source:
            found[key] = source[key]
    if "title" not in found and "name" in metadata:
        found["title"] = metadata["name"]
    if found.get("owner") and found["owner"].text:
        found["owner"] = _with(found["owner"], entity_name(found["owner"].text or ""))
    if found.get("lifecycle") and found["lifecycle"].text:
        found["lifecycle"] = _with(found["lifecycle"], (found["lifecycle"].text or "").lower())
    depends = spec.get("dependsOn")
    if depends is not None:
        found["depends_on"] = depends.holding(
            tuple(_with(item, entity_name(item.text or "").lower()) for item in depends.items)
        )
    links = metadata.get("links")
    if links is not None:
        found["links"] = links.holding(tuple(filter(None, map(_link, links.items))))
    return Node(found, node.place)


def entity_name(reference: str) -> str:
    """Return the name in an entity reference, `[KIND:][NAMESPACE/]NAME`."""
    return reference.rpartition(":")[2].rpartition("/")[2]


def _link(node: Node) -> Node | None:
    url = node.mapping.get("url")
    if url is None or not (url.text or "").startswith(("https://", "http://")):
        return None  # Backstage takes any address; a link of ours opens in a browser
    return node.holding({"title": node.mapping.get("title", url), "url": url})


def _with(node: Node, text: str) -> Node:
    return Node(text, node.place, node.key_place)

"""The only place that writes another image into compose files: as text, and byte for byte as it was elsewhere; pure."""

from collections.abc import Mapping

from calcifer.kit.errors import Conflict
from calcifer.services import compose
from calcifer.services.marked_yaml import Node, Place, Problem, parse, shown

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


class NotEditable(Conflict):
    """The file names the image in a way that only a person can change."""


def edited(read: compose.Read, old: str, new: str) -> dict[str, bytes]:
    """Return the compose files of a service in which `old` is replaced by `new`, wherever a container's image is exactly that.

    Raises NotEditable where nothing is found, or where the files would not say the same but for this image.
    """
    project = compose.load(read)
    found: dict[str, bytes] = {}
    for document in project.documents if project else ():
        path = document.place.path
        content = read(path)
        places = {node.place for node in _images(document).values() if node.text == old}
        if content is None or not places or path.startswith("../"):
            continue
        found[path] = replaced(content, path, places, old, new)
    if not found:
        raise NotEditable(
            f"No compose file of this service names {shown(old)} where it can be replaced.", mend="Edit it by hand."
        )
    return found


def replaced(content: bytes, path: str, places: set[Place], old: str, new: str) -> bytes:
    """Return the content of one file with `new` at these places instead of `old`; NotEditable where more than that would change."""
    text = content.decode()
    offsets = sorted((_offset(text, place, old, path) for place in places), reverse=True)
    for offset in offsets:
        text = text[:offset] + new + text[offset + len(old) :]
    made = text.encode()
    before, after = parse(content, path), parse(made, path)
    if isinstance(before, Problem) or isinstance(after, Problem) or not _is_meant(before, after, old, new):
        raise NotEditable(
            f"{shown(path)} would say something else too, were {shown(old)} replaced in it.", mend="Edit it by hand."
        )
    return made


def _offset(text: str, place: Place, old: str, path: str) -> int:
    lines = text.removeprefix(_BOM).splitlines(keepends=True)
    start = len(text) - len(text.removeprefix(_BOM))
    start += sum(len(line) for line in lines[: place.line - 1]) + place.column - 1
    end = start + len(lines[place.line - 1]) - place.column + 1
    at = text.find(old, start, end)
    between = text[start:at] if at >= 0 else "*"
    # An anchor, a tag or a quote may stand before it; with an alias it stands elsewhere.
    if at < 0 or any(not word.startswith(("&", "!")) for word in between.rstrip("\"'").split()):
        raise NotEditable(
            f"{shown(path)}, line {place.line}: {shown(old)} is not written out here.", mend="Edit it by hand."
        )
    return at


def _images(document: Node) -> Mapping[str, Node]:
    services = document.mapping.get("services")
    entries = services.mapping.items() if services else ()
    return {name: node.mapping["image"] for name, node in entries if "image" in node.mapping}


def _is_meant(before: Node, after: Node, old: str, new: str) -> bool:
    ours, theirs = before.plain(), after.plain()
    wanted = {name: new if node.text == old else node.text for name, node in _images(before).items()}
    if {name: node.text for name, node in _images(after).items()} != wanted:
        return False
    for side in (ours, theirs):
        for service in side.get("services", {}).values():
            if isinstance(service, dict):
                service.pop("image", None)
    return _without(ours, old, new) == _without(theirs, old, new)


def _without(value: object, old: str, new: str) -> object:
    """Return a value with the image as it will be: an extension field (`x-…`) may hold the anchor that it is taken from."""
    if isinstance(value, dict):
        return {key: _without(entry, old, new) for key, entry in value.items()}
    if isinstance(value, list):
        return [_without(entry, old, new) for entry in value]
    return new if value == old else value

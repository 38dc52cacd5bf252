"""The only place that rewrites patterns of gitignore(5) and gitattributes(5) for folders that get another place.

Places are folders at the top of the repository that the rules are of, and where they lie in the new one: `{b"app": b"", b"docs":
b"docs"}`. A pattern without a slash holds at any depth and stays as it is. One with a slash is about one place: it is rewritten for
each folder that its first part matches, and left out where it matches none.
"""

import re
from collections.abc import Iterator, Mapping

Places = Mapping[bytes, bytes]
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"([ \t].*|)\Z')
_BOM = b"\xef\xbb\xbf"


def ignore_rules(content: bytes, places: Places) -> list[bytes]:
    """Return the lines of a `.gitignore` that hold for `places`, rewritten, with the remarks that stand over them."""
    made: list[bytes] = []
    remarks: list[bytes] = []
    for line in _lines(content):
        if not line.strip():
            remarks = []
        elif line.startswith(b"#"):
            remarks.append(line)
        else:
            negation, pattern = (b"!", line[1:]) if line.startswith(b"!") else (b"", line)
            rules = [negation + moved for moved in _moved(_without_end(pattern), places)]
            made += [*remarks, *rules] if rules else []
            remarks = [] if rules else remarks
    return made


def attribute_rules(content: bytes, places: Places) -> list[bytes]:
    """Return the lines of a `.gitattributes` that hold for `places`, rewritten."""
    made = []
    for line in map(bytes.lstrip, _lines(content)):
        if not line or line.startswith((b"#", b"!")):
            continue
        if line.startswith(b"[attr]"):
            made.append(line)
            continue
        quoted = _QUOTED.match(line)
        pattern, rest = (quoted[1], quoted[2]) if quoted else _split(line)
        made += [(b'"' + moved + b'"' if quoted else moved) + rest for moved in _moved(pattern, places)]
    return made


def block(rules: list[bytes], remark: bytes, content: bytes) -> bytes:
    """Return `rules` as they go in front of a file with `content`, with its line ends: what it says itself goes on to win."""
    if not rules:
        return b""
    end = b"\r\n" if b"\r\n" in content else b"\n"
    return b"".join(line + end for line in [remark, *rules]) + (end if content else b"")


def _lines(content: bytes) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in content.removeprefix(_BOM).split(b"\n")]


def _split(line: bytes) -> tuple[bytes, bytes]:
    pattern = re.split(rb"[ \t]", line, maxsplit=1)[0]
    return pattern, line[len(pattern) :]


def _without_end(pattern: bytes) -> bytes:
    """Leave out blanks at the end, but one that a backslash keeps."""
    stripped = pattern.rstrip(b" ")
    is_kept = (len(stripped) - len(stripped.rstrip(b"\\"))) % 2 and len(pattern) > len(stripped)
    return stripped + b" " if is_kept else stripped


def _moved(pattern: bytes, places: Places) -> Iterator[bytes]:
    end = b"/" if pattern.endswith(b"/") else b""
    inner = pattern.removesuffix(b"/")
    if b"/" not in inner:
        if inner:
            yield pattern
        return
    first, *rest = inner.removeprefix(b"/").split(b"/")
    if first == b"**":
        yield pattern
        first, *rest = rest or [b""]
        if not rest:
            return  # `**/x`: at any depth, as it says
    for old, new in places.items():
        if _matches(first, old) and (rest or new):
            yield b"/" + b"/".join([part for part in (new,) if part] + rest) + end


def _matches(pattern: bytes, name: bytes) -> bool:
    """Say whether one part of a pattern matches a name, as fnmatch(3) does; a class of characters that is not closed never."""
    try:
        return re.compile(_expression(pattern), re.DOTALL).fullmatch(name) is not None
    except re.error:
        return False


def _expression(pattern: bytes) -> bytes:
    made, at = b"", 0
    while at < len(pattern):
        one = pattern[at : at + 1]
        at += 1
        if one == b"*":
            made += b".*"
        elif one == b"?":
            made += b"."
        elif one == b"\\" and at < len(pattern):
            made += re.escape(pattern[at : at + 1])
            at += 1
        elif one == b"[" and (end := pattern.find(b"]", at + 2 if pattern[at : at + 1] in b"!^" else at + 1)) > 0:
            inner = pattern[at:end].replace(b"\\", b"\\\\").replace(b"[", b"\\[").replace(b"&&", b"\\&&")
            made += b"[" + (b"^" + inner[1:] if inner[:1] in (b"!", b"^") else inner) + b"]"
            at = end + 1
        else:
            made += re.escape(one)
    return made

"""The only place that writes variables as compose reads them from `.env`, one line each, between marks.

Compose's own parser (compose-go, `dotenv`) is what counts: a shell, and other programs, read some values otherwise.
"""

import hashlib
from collections.abc import Mapping

from calcifer.kit.errors import Invalid

MOST_BYTES = 32_000
"""Of one value; Linux gives a program no variable over 128 kB."""
MOST_BLOCK_BYTES = 256_000
BEGIN = "# >>> secrets, put here by Calcifer"
END = "# <<< secrets"
"""`secrets.sh` knows both. What stands outside is not ours."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r"}


def written(value: str) -> str:
    """Return a value as it stands behind `NAME=`; Invalid, never with the value, where compose could not read it back."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise Invalid.field("value", "It is no valid Unicode, and no environment could have it.") from None
    if "\0" in value:
        raise Invalid.field("value", "It has a NUL in it, which no environment can have.")
    if size > MOST_BYTES:
        raise Invalid.field("value", f"It has {size:,} bytes; up to {MOST_BYTES:,} fit into a variable.")
    if not set(value) & {"'", "\\", "\n", "\r"}:
        return f"'{value}'"  # as it is, in every version of compose
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in value) + '"'


def tag_of(block: bytes) -> str:
    """Return the tag of a block, empty where that is."""
    return block.split(b"\n", 1)[0].split(b" ")[-2].decode() if block else ""


def block(values: Mapping[str, str], tag: str) -> bytes:
    """Return the lines for `.env`, marks included, and nothing where there are no values.

    The first mark says `tag` and the SHA-256 of what stands between, by which a host sees whether somebody edited it.
    """
    if not values:
        return b""
    lines = "".join(f"{name}={written(value)}\n" for name, value in sorted(values.items())).encode()
    if len(lines) > MOST_BLOCK_BYTES:
        raise Invalid(f"The secrets have {len(lines):,} bytes together; up to {MOST_BLOCK_BYTES:,} are put into .env.")
    begin = f"{BEGIN} {tag} {hashlib.sha256(lines).hexdigest()}\n"
    return begin.encode() + lines + f"{END}\n".encode()

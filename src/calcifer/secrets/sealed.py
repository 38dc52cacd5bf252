"""The only place that knows where secrets lie in a repository, and reads them there."""

import hmac
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from calcifer.kit import age, dotenv
from calcifer.kit.errors import Conflict, Invalid
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Repository
from calcifer.secrets.keys import Keys
from calcifer.services.models import Service

FOLDER = ".calcifer/secrets"
SUFFIX = ".age"
MOST_BYTES = 200_000
"""Of an encrypted file."""
PRODUCTION = "production"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
_FILES = {0o100644, 0o100755}
_COMPOSES_OWN = ("COMPOSE_", "DOCKER_", "BUILDKIT_", "LD_")
_SHELLS_OWN = {"PATH", "HOME", "IFS", "ENV", "PWD", "SHELL"}


class CannotBeRead(Conflict):
    """A secret is not encrypted for any key that is here, or is damaged."""


@dataclass(frozen=True)
class Sealed:
    """A secret as it lies in a repository."""

    target: str
    name: str
    path: str
    """In the repository."""
    oid: str = field(repr=False)


def checked_name(name: str) -> str:
    """Return the name of a variable; Invalid where it is none, or one that compose itself obeys."""
    if not NAME.match(name):
        raise Invalid.field("name", "Name a variable: letters, digits and _, no digit first, up to 128.")
    if name.upper().startswith(_COMPOSES_OWN) or name in _SHELLS_OWN:
        raise Invalid.field("name", f"Compose and the shell obey {name} themselves: take another name.")
    return name


def checked_target(service: Service, wanted: str | None) -> str:
    """Return the target that is meant: the only one where none is named; Invalid where there is no such."""
    there = [one["name"] for one in service.targets or []] or [PRODUCTION]
    if wanted is None and len(set(there)) == 1:
        return str(there[0])
    if wanted is None:
        raise Invalid.field("target", f"{service.name} has several targets: {', '.join(there)}. Say which.")
    if wanted not in there:
        raise Invalid.field("target", f"{service.name} has no target '{wanted}'. It has {', '.join(there)}.")
    return wanted


def path_of(target: str, name: str) -> str:
    """Return where in the service a secret lies."""
    return f"{FOLDER}/{target}/{name}{SUFFIX}"


def listed(repository: Repository, commit: str, folder: str = "") -> Iterator[Sealed]:
    """Yield the secrets of the service in `folder`, of every target, without reading any; Invalid where a file there is none."""
    top = posixpath.join(folder, FOLDER)
    for path, blob in repository.paths(commit, top):
        target, _, file = path.removeprefix(f"{top}/").partition("/")
        name = file.removesuffix(SUFFIX)
        if not file.endswith(SUFFIX):
            continue  # somebody's README
        if not NAME.match(name) or blob.mode not in _FILES:
            raise Invalid(
                f"'{visible(path)}' is no secret: it has to be a file called after a variable, in the folder of a target.",
                mend="Rename or remove it.",
            )
        yield Sealed(target, name, path, blob.oid)


def opened(repository: Repository, one: Sealed, identities: list[str]) -> str:
    """Return the value; CannotBeRead, with what to do, where it cannot be read."""
    try:
        small = repository.blob(one.oid) if repository.size(one.oid) <= MOST_BYTES else b""
        return age.decrypt(small, identities).decode()
    except (age.NotReadable, UnicodeDecodeError):
        why = (
            "is not encrypted for a key that is here, or is damaged" if identities else "needs a key, and none is here"
        )
        raise CannotBeRead(
            f"The secret {one.name} of {one.target} {why}.",
            mend="Put the recovery key in: calcifer secrets restore FILE   (or var/keys/secrets.key from a backup)",
        ) from None


def block(repository: Repository, commit: str, folder: str, target: str, keys: Keys) -> bytes:
    """Return what `.env` on a host has of the secrets of a target at a commit, empty where there are none.

    Raises CannotBeRead, and Invalid where one cannot be written so that compose reads it back.
    """
    sealed = [one for one in listed(repository, commit, folder) if one.target == target]
    if not sealed:
        return b""
    identities = keys.identities()
    values = {}
    for one in sealed:
        checked_name(one.name)
        values[one.name] = opened(repository, one, identities)
        try:
            dotenv.written(values[one.name])
        except Invalid as error:
            raise Invalid(f"The secret {one.name} of {target} cannot be put into .env: {error.message}") from None
    plain = "\n".join(f"{name}={value}" for name, value in sorted(values.items()))
    tag = hmac.digest(identities[0].encode(), plain.encode(), "sha256").hex()[:32]
    return dotenv.block(values, tag)

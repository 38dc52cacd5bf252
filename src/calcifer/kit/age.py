"""The only place that encrypts and decrypts: age (age-encryption.org/v1), as the program of that name reads and writes it."""

import pyrage
from pyrage import x25519

from calcifer.kit.errors import Conflict, Invalid

PREFIX = "AGE-SECRET-KEY-1"


class NotReadable(Conflict):
    """None of the keys that are here opens it."""


def make() -> str:
    """Return a new identity: what reads."""
    return str(x25519.Identity.generate())


def recipient(identity: str) -> str:
    """Return what encrypts for an identity; Invalid where that is none."""
    try:
        return str(x25519.Identity.from_str(identity).to_public())
    except pyrage.IdentityError:
        raise Invalid.field("key", f"This is no key of age: it begins with {PREFIX}.") from None


def encrypt(plain: bytes, recipients: list[str]) -> str:
    """Return `plain` as an armored text that each of the recipients can read alone."""
    made = pyrage.encrypt(plain, [x25519.Recipient.from_str(one) for one in recipients], armored=True)
    return made.decode("ascii")


def decrypt(sealed: bytes, identities: list[str]) -> bytes:
    """Return what was encrypted, armored or not; NotReadable where no identity opens it, or where it is damaged."""
    try:
        return pyrage.decrypt(sealed, [x25519.Identity.from_str(one) for one in identities])
    except pyrage.DecryptError:
        raise NotReadable("No key that is here opens it, or it is damaged.") from None


def identities(text: str) -> list[str]:
    """Return the identities of an identity file, in its order; Invalid where one is none."""
    found = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for one in found:
        recipient(one)
    return found

"""The only place that hashes and checks passwords: argon2id with the parameters of RFC 9106 for machines with little memory."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calcifer.kit.errors import Invalid

SHORTEST = 12
LONGEST = 1000

hasher = PasswordHasher()
# Each check takes 64 MiB: attempts from everywhere at once must not take the machine's memory.
_turns = threading.BoundedSemaphore(2)
_nobody: dict[int, str] = {}


def checked(password: str, *known: str) -> str:
    """Return the password if it is good enough; raises Invalid. `known` are words that everybody would try (name, mail)."""
    if len(password) < SHORTEST:
        raise Invalid.field(
            "password", f"The password has at least {SHORTEST} characters; a sentence is easy to remember."
        )
    if len(password) > LONGEST:
        raise Invalid.field("password", f"The password has at most {LONGEST} characters.")
    plain = password.casefold()
    if len(set(plain)) < 5 or plain in {word.casefold() for word in known if word} or plain.startswith("password123"):
        raise Invalid.field(
            "password", "This password would be guessed at once: take one that has nothing to do with you."
        )
    return password


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    with _turns:
        return hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Check a password; takes as long where there is nobody (`password_hash` None) as where the password is wrong."""
    with _turns:
        try:
            hasher.verify(password_hash or _hash_of_nobody(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def _hash_of_nobody() -> str:
    key = id(hasher)
    if key not in _nobody:
        _nobody[key] = hasher.hash("")
    return _nobody[key]

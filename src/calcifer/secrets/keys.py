"""The only place that keeps the keys of the workspace: `var/keys`, read by nobody else.

`secrets.key` is an identity file of age, the newest key first; older ones stay, for older commits are encrypted for them.
`recovery.pub` is what encrypts for the recovery key; `recovery.key` is that key, until a person has taken it.
"""

import os
from pathlib import Path

from calcifer.kit import age
from calcifer.kit.errors import Conflict, Unavailable

_ABOUT = """# The keys that read the secrets of this workspace, the newest first. Plain age reads them with it:
#   age -d -i {file} .calcifer/secrets/production/NAME.age
"""
_RECOVERY = """# The recovery key of the Calcifer workspace {home}: it reads every secret there. Keep it somewhere else.
#   age -d -i THIS-FILE .calcifer/secrets/production/NAME.age
#   calcifer secrets restore THIS-FILE      where the workspace has lost its own key
# public key: {public}
{key}
"""


class AlreadyTaken(Conflict):
    """The recovery key was shown, and is not kept here any more."""


class Keys:
    """The keys below one `var`."""

    def __init__(self, var: Path) -> None:
        """Nothing is read or made yet."""
        self.file = var / "keys" / "secrets.key"
        self._recovery, self._public, self._home = var / "keys/recovery.key", var / "keys/recovery.pub", var.parent

    def identities(self) -> list[str]:
        """Return what reads, the newest first; nothing where there is no key."""
        return age.identities(_read(self.file))

    def recipients(self) -> list[str]:
        """Return for whom is encrypted now: the newest key, and the recovery key; both are made where they are not there."""
        there = self.identities()
        if not there:
            there = self._write([age.make()])
        if not self._public.exists():
            self._new_recovery()
        return [age.recipient(there[0]), _read(self._public).strip()]

    def has_recovery(self) -> bool:
        """Whether the recovery key has not been taken yet, and lies here."""
        return self._recovery.exists()

    def recovery(self) -> str:
        """Return the recovery key as the file that a person keeps; AlreadyTaken where it is not here any more."""
        self.recipients()
        if not self.has_recovery():
            raise AlreadyTaken(
                "The recovery key was taken already, and is kept nowhere here.",
                mend="If it is lost: calcifer secrets rotate --recovery makes another.",
            )
        return _read(self._recovery)

    def forget_recovery(self) -> None:
        """Keep the recovery key here no more: a person has it."""
        self._recovery.unlink(missing_ok=True)

    def rotate(self, *, recovery: bool) -> None:
        """Make a new key, for which is encrypted from now on, and where asked for a new recovery key; older keys still read."""
        self._write([age.make(), *self.identities()])
        if recovery:
            self._new_recovery()

    def put_back(self, found: list[str]) -> None:
        """Let keys that a person has kept read here again; the first of them is the recovery key where that is not known."""
        there = self.identities() or [age.make()]
        self._write([*there, *(one for one in found if one not in there)])
        if not self._public.exists():
            _write(self._public, age.recipient(found[0]) + "\n")

    def _new_recovery(self) -> None:
        made = age.make()
        public = age.recipient(made)
        _write(self._recovery, _RECOVERY.format(home=self._home, public=public, key=made))
        _write(self._public, public + "\n")

    def _write(self, identities: list[str]) -> list[str]:
        lines = "".join(f"# public key: {age.recipient(one)}\n{one}\n" for one in identities)
        _write(self.file, _ABOUT.format(file=self.file) + lines)
        return identities


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8") if file.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(
            f"The key {file} cannot be read: {getattr(error, 'strerror', None) or 'it is none'}."
        ) from None


def _write(file: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    new = file.with_name(file.name + ".new")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise Unavailable(f"The key {file} cannot be written: {error.strerror}.") from None

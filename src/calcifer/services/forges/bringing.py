"""Brings the repositories of an owner on a forge: by https with the token, or by ssh with the person's own keys."""

from collections.abc import Iterator
from pathlib import Path

from calcifer.kit.errors import CalciferError, Conflict, NotFound
from calcifer.kit.git import founding
from calcifer.kit.git.credentials import Credential
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.services.elsewhere import Brought, Found, Tell
from calcifer.services.forges.answers import Forge, Remote
from calcifer.services.forges.finding import Address, Kind, at
from calcifer.services.naming import mark_source


class Owner:
    """A user, organisation or group of a forge."""

    def __init__(self, address: Address, kind: Kind | None, token: str | None, tell: Tell, *, by_ssh: bool) -> None:
        """Keep what was asked for; the token stays in this process and its children's environment."""
        self._address, self._kind, self._token, self._tell, self._by_ssh = address, kind, token, tell, by_ssh
        self._forge: Forge | None = None
        self._remotes: dict[str, Remote] = {}

    def look(self) -> list[Found]:
        """List the repositories, by path."""
        self._tell(f"Asking {self._address.place}")
        self._forge, owner = at(self._address, self._kind, self._token)
        if not owner:
            raise Conflict(
                f"{self._address.place} is a forge: name a user or group on it, as in {self._forge.base}/GROUP."
            )
        try:
            remotes = sorted(self._forge.repositories(owner), key=lambda remote: remote.path.lower())
        except NotFound as error:
            raise NotFound(
                f"{self._forge.base} has no user and no group '{owner}', or not for you.",
                mend=f"Give a token that may see it. Is it one repository? calcifer adopt {self._forge.base}/{owner}.git",
            ) from error
        self._remotes = {remote.https: remote for remote in remotes}
        return [self._found(remote) for remote in self._remotes.values()]

    def _found(self, remote: Remote) -> Found:
        facts = {
            "private": remote.is_private,
            "archived": remote.is_archived,
            "fork": remote.is_fork,
            "mirror": remote.is_mirror,
        }
        notes = (
            *(word for word, is_so in facts.items() if is_so),
            *([remote.description] if remote.description else []),
        )
        kind, reason = "clone", ""
        if remote.is_empty:
            kind, reason = "none", "is empty: it has no commits"
        elif self._by_ssh and remote.ssh is None:
            kind, reason = "none", "has no ssh address on the same host: take it by https"
        elif remote.is_archived or remote.is_fork:
            reason = "is archived" if remote.is_archived else "is a fork"
        by_default = kind == "clone" and not reason
        return Found(remote.path, remote.https, kind, notes=notes, reason=reason, by_default=by_default)  # type: ignore[arg-type]

    def bring(self, chosen: list[Found], folder: Path) -> Iterator[Brought]:
        """Clone each."""
        for number, one in enumerate(chosen, 1):
            self._tell(f"{number} of {len(chosen)}: {one.name}")
            try:
                yield one, self._cloned(one, folder / one.name)
            except CalciferError as error:
                yield one, error

    def _cloned(self, one: Found, made: Path) -> Path:
        assert self._forge
        remote = self._remotes[one.source]
        credential = (
            Credential("/".join(self._forge.base.split("/")[:3]), self._token, self._forge.user)
            if self._token
            else None
        )
        if self._by_ssh and remote.ssh:
            founding.clone(remote.ssh, made)
        else:
            founding.clone(remote.https, made, credential=credential)
        if not Repository(made).refs(HEADS):
            raise Conflict("is empty: it has no commits.")
        mark_source(made / ".git", one.source)
        return made

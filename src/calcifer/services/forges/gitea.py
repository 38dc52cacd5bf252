"""Gitea and Forgejo: API version 1, which both have."""

from typing import Any
from urllib.parse import quote

from calcifer.kit.asking import NotJson
from calcifer.kit.errors import NotFound
from calcifer.services.forges.answers import (
    MOST_REPOSITORIES,
    MOST_REQUESTS,
    PAGE,
    Forge,
    Remote,
    Request,
    flag,
    number_of,
    text,
    within,
)


class Gitea(Forge):
    """A Gitea or Forgejo."""

    kind = "gitea"

    def repositories(self, owner: str) -> list[Remote]:
        """Of an organisation; where there is none of this name, of a user: theirs that the token may see."""
        name = quote(owner, safe="")
        try:
            found = list(self.listed(f"/orgs/{name}/repos", MOST_REPOSITORIES))
        except NotFound:
            found = list(self.listed(f"/users/{name}/repos", MOST_REPOSITORIES))
        return [remote for one in found if (remote := self._remote(one))]

    def _remote(self, one: Any) -> Remote | None:
        facts = {"is_private": "private", "is_fork": "fork", "is_archived": "archived", "is_empty": "empty"}
        said = {fact: flag(one, name) for fact, name in facts.items()}
        return self.remote(one, "full_name", "ssh_url", **said, is_mirror=flag(one, "mirror"))

    def requests(self, path: str) -> list[Request]:
        """Pull requests."""
        return [self._request(one) for one in self.listed(f"/repos/{path}/pulls", MOST_REQUESTS, state="open")]

    def request(self, path: str, number: int) -> Request:
        """A pull request."""
        return self._request(self.asking.get(f"{self.api}/repos/{path}/pulls/{number}").value)

    def _request(self, one: Any) -> Request:
        if not isinstance(one, dict):
            raise NotJson(f"{self.base} answers with something else than a pull request.")
        return Request(
            number=number_of(one, "number"),
            title=text(one, "title", 1000),
            body=text(one, "body", 20_000),
            author=text(one, "user", "login", 100),
            branch=text(one, "head", "ref", 250),
            into=text(one, "base", "ref", 250),
            url=within(text(one, "html_url", 1000), self.base),
            is_open=text(one, "state", 20) == "open",
        )

    def request_ref(self, number: int) -> str:
        """As GitHub has it."""
        return f"refs/pull/{number}/head"

    def _size(self) -> dict[str, int]:
        return {"limit": PAGE}

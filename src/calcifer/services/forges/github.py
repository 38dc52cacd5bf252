"""GitHub, and GitHub Enterprise Server."""

from typing import Any
from urllib.parse import quote

from calcifer.services.forges.answers import MOST_REPOSITORIES, Remote, flag, text
from calcifer.services.forges.gitea import Gitea


class GitHub(Gitea):
    """GitHub; its pull requests look as those of Gitea, which took them over."""

    kind = "github"
    user = "x-access-token"

    def repositories(self, owner: str) -> list[Remote]:
        """Of an organisation; of a user the public ones, and of the token's own user all of them."""
        name = quote(owner, safe="")
        who = self.asking.get(f"{self.api}/users/{name}").value
        if text(who, "type", 40) == "Organization":
            found = self.listed(f"/orgs/{name}/repos", MOST_REPOSITORIES, type="all")
        elif self._is_own(owner):
            found = self.listed("/user/repos", MOST_REPOSITORIES, affiliation="owner")
        else:
            found = self.listed(f"/users/{name}/repos", MOST_REPOSITORIES, type="owner")
        return [remote for one in found if (remote := self._remote(one))]

    def _is_own(self, owner: str) -> bool:
        if not self.asking.has_token:
            return False
        return text(self.asking.get(f"{self.api}/user").value, "login", 100).lower() == owner.lower()

    def _remote(self, one: Any) -> Remote | None:
        # Whether one is empty it does not say: a size of 0 is also that of a small one.
        facts = {"is_private": "private", "is_fork": "fork", "is_archived": "archived"}
        said = {fact: flag(one, name) for fact, name in facts.items()}
        return self.remote(one, "full_name", "ssh_url", **said, is_mirror=bool(text(one, "mirror_url", 10)))

    def _size(self) -> dict[str, int]:
        return {"per_page": 50}

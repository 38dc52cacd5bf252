"""GitLab: API version 4. A group has groups below it, and their projects are taken along."""

from typing import Any
from urllib.parse import quote

from calcifer.kit.asking import NotJson
from calcifer.kit.errors import NotFound
from calcifer.services.forges.answers import (
    MOST_REPOSITORIES,
    MOST_REQUESTS,
    Forge,
    Remote,
    Request,
    flag,
    number_of,
    text,
    within,
)


class GitLab(Forge):
    """A GitLab."""

    kind = "gitlab"

    def repositories(self, owner: str) -> list[Remote]:
        """Of a group and the groups below; where there is none of this name, of a user."""
        try:
            found = list(
                self.listed(
                    f"/groups/{quote(owner, safe='')}/projects",
                    MOST_REPOSITORIES,
                    include_subgroups="true",
                    with_shared="false",
                    order_by="id",
                )
            )
        except NotFound:
            found = list(self.listed(f"/users/{self._user(owner)}/projects", MOST_REPOSITORIES, order_by="id"))
        return [remote for one in found if (remote := self._remote(one))]

    def _user(self, owner: str) -> int:
        found = self.asking.get(f"{self.api}/users?username={quote(owner, safe='')}").value
        if not isinstance(found, list) or not found:
            raise NotFound(f"{self.base} has no group and no user '{owner[:200]}', or not for you.")
        return number_of(found[0], "id")

    def _remote(self, one: Any) -> Remote | None:
        return self.remote(
            one,
            "path_with_namespace",
            "ssh_url_to_repo",
            is_private=text(one, "visibility", 20) == "private",
            is_fork=isinstance(one, dict) and isinstance(one.get("forked_from_project"), dict),
            is_archived=flag(one, "archived"),
            is_empty=flag(one, "empty_repo"),
            is_mirror=flag(one, "mirror"),
        )

    def requests(self, path: str) -> list[Request]:
        """Merge requests."""
        below = f"/projects/{quote(path, safe='')}/merge_requests"
        return [self._request(one) for one in self.listed(below, MOST_REQUESTS, state="opened")]

    def request(self, path: str, number: int) -> Request:
        """A merge request."""
        return self._request(
            self.asking.get(f"{self.api}/projects/{quote(path, safe='')}/merge_requests/{number}").value
        )

    def _request(self, one: Any) -> Request:
        if not isinstance(one, dict):
            raise NotJson(f"{self.base} answers with something else than a merge request.")
        return Request(
            number=number_of(one, "iid"),
            title=text(one, "title", 1000),
            body=text(one, "description", 20_000),
            author=text(one, "author", "username", 100),
            branch=text(one, "source_branch", 250),
            into=text(one, "target_branch", 250),
            url=within(text(one, "web_url", 1000), self.base),
            is_open=text(one, "state", 20) == "opened",
        )

    def request_ref(self, number: int) -> str:
        """Kept by GitLab for every merge request."""
        return f"refs/merge-requests/{number}/head"

"""What may be taken up as an item: branches of a repository and open requests of its forge; titles and reasons made of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from calcifer.kit.errors import Conflict, NotFound
from calcifer.kit.git.names import checked_ref
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.kit.schemas import LINE_CHARACTERS, TEXT_CHARACTERS
from calcifer.services.forges import Request

REMOTE = "refs/remotes/"
ORIGIN = f"{REMOTE}origin/"
MOST_BRANCHES = 200
MOST_LOOKED_AT = 1000
FIRST = 5000
_UNSAID = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_UNSAID_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True)
class Candidate:
    """A branch, here or at origin as of the last fetch, with commits that main lacks."""

    name: str
    oid: str
    ahead: int
    behind: int
    subject: str
    author: str
    at: datetime


def candidates(repository: Repository, main: str, main_branch: str, owned: Sequence[str]) -> list[Candidate]:
    """Return the branches that have something to bring and no open item has, newest first; of two at one commit the one here."""
    refs = repository.refs(HEADS) | repository.refs(ORIGIN)
    tips = [tip for branch in owned if (tip := repository.branch(branch))]
    found: dict[str, Candidate] = {}
    for ref, oid in list(refs.items())[:MOST_LOOKED_AT]:
        name = ref.removeprefix(HEADS).removeprefix(REMOTE)
        if ref in (HEADS + main_branch, f"{ORIGIN}HEAD") or oid in found or not _is_commit(repository, oid):
            continue
        ahead, behind = repository.ahead_behind(oid, main)
        if ahead and not any(repository.contains(tip, oid) for tip in tips):
            commit = repository.commit(oid)
            found[oid] = Candidate(name, oid, ahead, behind, commit.subject[:200], commit.author.name, commit.at)
    return sorted(found.values(), key=lambda one: one.at, reverse=True)[:MOST_BRANCHES]


def _is_commit(repository: Repository, oid: str) -> bool:
    try:
        repository.commit(oid)
    except NotFound:
        return False
    return True


def resolved(repository: Repository, branch: str) -> str:
    """Return the commit of a branch that is here or, as of the last fetch, at origin; NotFound where there is none."""
    checked_ref(branch, "branch")
    for ref in (HEADS + branch, REMOTE + branch, ORIGIN + branch):
        oid = repository.tip(ref)
        if oid is not None and _is_commit(repository, oid):
            return oid
    name = repository.path.name
    raise NotFound(
        f"{name} has no branch '{branch}'.", mend=f"calcifer git fetch {name}; then: calcifer work branches {name}"
    )


def checked_head(repository: Repository, head: str, main: str, words: str) -> None:
    """Raise Conflict where a commit cannot be the head of an item: main has it, or both have nothing in common."""
    if repository.contains(main, head):
        raise Conflict(f"{words} has nothing that main lacks: there is nothing to take.")
    if repository.merge_base(main, head) is None:
        raise Conflict(
            f"{words} has no commit in common with main, so it cannot be merged.",
            mend=f"Adopt it as a service of its own, or put its files on an item's branch (in {repository.path.name}).",
        )


def first_subject(repository: Repository, head: str, main: str) -> str:
    """Return the subject of the first commit that a branch has and main lacks."""
    own = repository.log(head, without=main, limit=FIRST)
    return own[-1].subject if own else ""


def as_title(text: str, otherwise: str) -> str:
    """Return somebody's text as one line that may be a title."""
    return _UNSAID.sub(" ", text).strip()[:LINE_CHARACTERS].strip() or otherwise


def as_reason(request: Request, kind: str) -> str:
    """Return what a request says as a reason, with where it came from."""
    number = f"!{request.number}" if kind == "gitlab" else f"#{request.number}"
    word = "Merge request" if kind == "gitlab" else "Pull request"
    source = f"{word} {number} by {as_title(request.author, 'somebody')}"
    source += f": {request.url}" if request.url else f" ({as_title(request.branch, 'its branch')})."
    body = _UNSAID_TEXT.sub("", request.body.replace("\r", "\n")).strip()[: TEXT_CHARACTERS - 2000]
    return f"{body}\n\n{source}" if body else f"{as_title(request.title, 'No description')}\n\n{source}"

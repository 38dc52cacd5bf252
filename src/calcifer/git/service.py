"""Every change: what is promised to be done to repositories, and what was seen of them."""

from collections.abc import Iterable
from pathlib import Path

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.git import queries
from calcifer.git.looking import Seen
from calcifer.git.models import Listed, RepositoryState
from calcifer.kit.errors import Conflict
from calcifer.kit.git.remotes import ORIGIN, NoOrigin, Pushed
from calcifer.kit.promises import JobRow, promise
from calcifer.kit.uow import UnitOfWork

FETCH = "git.fetch"
PUSH = "git.push"
REFRESH = "git.refresh"
FOLLOW = "git.follow"
REPACK = "git.repack"
ALL = "*"


class Nowhere(Conflict):
    """No service has an origin."""


def fetch(uow: UnitOfWork, names: list[str] | None = None) -> list[JobRow]:
    """Promise to bring what is at origin here, for these services or for all that have one; no branch of ours moves."""
    require(uow.actor, "git.fetch")
    return [promise(uow, FETCH, one.name) for one in _with_origin(uow, names)]


def push(uow: UnitOfWork, names: list[str] | None = None) -> list[JobRow]:
    """Promise to bring main to origin, for these services or for all whose main is elsewhere than origin's."""
    require(uow.actor, "git.push")
    chosen = _with_origin(uow, names)
    if names is None:
        chosen = [one for one in chosen if _is_elsewhere(uow, one)]
    return [promise(uow, PUSH, one.name) for one in chosen]


def refresh(uow: UnitOfWork, name: str | None = None) -> JobRow:
    """Promise to look at every repository again, or at that of one service."""
    require(uow.actor, "git.refresh")
    if name is not None:
        name = queries.get_state(uow.db, name).name
    return promise(uow, REFRESH, name or ALL)


def repack(uow: UnitOfWork, names: list[str] | None = None) -> list[JobRow]:
    """Promise to pack the loose objects of these services' repositories, or of all."""
    require(uow.actor, "git.repack")
    chosen = queries.list_repositories(uow.db) if names is None else _repositories(uow, names)
    return [promise(uow, REPACK, one.name) for one in chosen]


def follow(uow: UnitOfWork) -> JobRow:
    """Promise to try again what is held because something was in the way of a checkout."""
    require(uow.actor, "git.follow")
    activity.record(uow, FOLLOW, ALL)
    return promise(uow, FOLLOW, ALL)


def _repositories(uow: UnitOfWork, names: list[str]) -> list[Listed]:
    """Return the repositories of these services, each once."""
    found = [queries.get_state(uow.db, name) for name in dict.fromkeys(names)]
    return list({one.service_id: one for one in found}.values())


def _with_origin(uow: UnitOfWork, names: list[str] | None) -> list[Listed]:
    if names is None:
        chosen = [one for one in queries.list_repositories(uow.db) if _has_origin(uow, one)]
        if not chosen:
            raise Nowhere(f"No service has a remote that is called {ORIGIN}.")
        return chosen
    chosen = _repositories(uow, names)
    for one in chosen:
        if uow.refs.open(Path(one.path)).remote_url(ORIGIN) is None:
            raise NoOrigin(
                f"{one.name} has no remote that is called {ORIGIN}.",
                mend=f"git -C {one.path} remote add {ORIGIN} ADDRESS",
            )
    return chosen


def _has_origin(uow: UnitOfWork, one: Listed) -> bool:
    if one.state is not None and one.state.error is None:
        return one.state.has_origin
    path = Path(one.path)
    return path.exists() and uow.refs.open(path).remote_url(ORIGIN) is not None


def _is_elsewhere(uow: UnitOfWork, one: Listed) -> bool:
    repository = uow.refs.open(Path(one.path))
    main = repository.branch(one.main_branch)
    return main is not None and main != repository.tip(f"refs/remotes/{ORIGIN}/{one.main_branch}")


# -- what jobs have to record -------------------------------------------------------------------------------------------


def saw(uow: UnitOfWork, seen: Iterable[Seen]) -> None:
    """Keep what was seen; a service that has gone meanwhile is left out."""
    known = {one.service_id: one for one in queries.list_repositories(uow.db)}
    for one in seen:
        listed = known.get(one.service_id)
        if listed is not None:
            _keep(uow, listed.state or _new(uow, one.service_id), one)


def fetched(uow: UnitOfWork, name: str) -> None:
    """Note that origin was asked."""
    state = queries.get_state(uow.db, name).state
    if state is not None:
        state.fetched_at = uow.now


def pushed(uow: UnitOfWork, name: str, done: Pushed) -> None:
    """Note that main was brought to origin, and record it where that moved something."""
    state = queries.get_state(uow.db, name).state
    if state is not None:
        state.pushed_at = uow.now
    if done.old != done.new:
        activity.record(uow, PUSH, name, service=name, to=done.url, before=done.old, after=done.new)


def _new(uow: UnitOfWork, service_id: int) -> RepositoryState:
    state = RepositoryState(service_id=service_id)
    uow.db.add(state)
    return state


def _keep(uow: UnitOfWork, state: RepositoryState, seen: Seen) -> None:
    state.error, state.seen_at = seen.error, uow.now
    if seen.standing is None:
        return
    found = seen.standing
    state.main, state.remote_main = found.main, found.remote_main
    state.ahead, state.behind = found.ahead, found.behind
    state.remotes, state.has_origin = found.remotes, ORIGIN in found.remotes
    state.branch_count, state.stray_count, state.strays = len(found.branches), seen.stray_count, seen.strays
    state.edit_count = sum(checkout["edits"] for checkout in seen.checkouts)
    state.checkouts = seen.checkouts

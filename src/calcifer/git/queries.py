"""Every SELECT on repositories' states, and on what waits to be done to them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from calcifer.git.models import Listed, RepositoryState
from calcifer.kit.errors import NotFound
from calcifer.services.models import Service
from calcifer.services.queries import SPEAKS
from calcifer.work.models import Item

_there = Service.missing_since.is_(None)
FILTERS: dict[str, ColumnElement[bool]] = {
    "dirty": RepositoryState.edit_count > 0,
    "ahead": (RepositoryState.ahead > 0) & (RepositoryState.behind == 0),
    "behind": (RepositoryState.behind > 0) & (RepositoryState.ahead == 0),
    "diverged": (RepositoryState.ahead > 0) & (RepositoryState.behind > 0),
    "strays": RepositoryState.stray_count > 0,
    "local": RepositoryState.has_origin.is_(False),
    "broken": RepositoryState.error.is_not(None),
    "unknown": RepositoryState.service_id.is_(None) & _there,
}
"""What a list may be narrowed to: branches without an item are `strays`, repositories without an origin `local`."""


_OTHER = aliased(Service)


def _listed() -> Select[*tuple[Any, ...]]:
    columns = (Service.id, Service.name, Service.path, Service.main_branch, Service.missing_since, RepositoryState)
    state = RepositoryState.service_id == Service.id
    count = select(func.count()).where(_OTHER.path == Service.path).scalar_subquery()
    return select(*columns, count).outerjoin(RepositoryState, state).where(SPEAKS)


def _named(session: Session, query: Select[*tuple[Any, ...]]) -> list[Listed]:
    """Return the rows with the names of all services of a repository, where these are several."""
    rows = [(Listed(*row[:6]), row[6]) for row in session.execute(query)]
    shared = [one.path for one, count in rows if count > 1]
    names: dict[str, list[str]] = {}
    if shared:
        query = select(Service.path, Service.name).where(Service.path.in_(shared)).order_by(Service.name)
        for path, name in session.execute(query):
            names.setdefault(path, []).append(name)
    return [replace(one, services=_with_first(one.name, names.get(one.path, []))) for one, _ in rows]


def _with_first(name: str, names: list[str]) -> tuple[str, ...]:
    return (name, *(other for other in names if other != name)) if names else ()


def list_states(session: Session, *, only: str = "", after: str | None = None, limit: int = 50) -> list[Listed]:
    """Return up to `limit` repositories with what was last seen of them, by name, beginning after the name `after`.

    A repository has the name of its service, or of the first of several.
    """
    query = _listed().order_by(Service.name).limit(limit)
    if only:
        query = query.where(FILTERS[only])
    if after is not None:
        query = query.where(Service.name > after)
    return _named(session, query)


def get_state(session: Session, name: str) -> Listed:
    """Return the repository of a service with what was last seen of it; NotFound where there is no such service."""
    named = select(Service.path).where(Service.name == name).scalar_subquery()
    found = _named(session, _listed().where(Service.path == named))
    if not found:
        raise NotFound(f"There is no service '{name[:100]}'.")
    return found[0]


def count_states(session: Session) -> dict[str, int]:
    """Count the repositories of each filter, in one go."""
    sums = [func.count().filter(condition).label(name) for name, condition in FILTERS.items()]
    counted = select(*sums).select_from(Service).outerjoin(RepositoryState, RepositoryState.service_id == Service.id)
    return dict(session.execute(counted.where(SPEAKS)).one()._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)


def list_repositories(session: Session, names: Iterable[str] | None = None) -> list[Listed]:
    """Return the repositories of the services of these names (None: of all) that are there, by name."""
    query = _listed().where(_there).order_by(Service.name)
    if names is not None:
        query = query.where(Service.path.in_(_paths(names)))
    return _named(session, query)


def _paths(names: Iterable[str]) -> Select[str]:
    return select(_OTHER.path).where(_OTHER.name.in_(list(names)))


def open_branches(session: Session, names: Iterable[str] | None = None) -> dict[str, set[str]]:
    """Return the branches that belong to open items, by the path of their repository."""
    query = select(Service.path, Item.branch).join(Item.service).where(Item.state == "open", Item.branch.is_not(None))
    if names is not None:
        query = query.where(Service.path.in_(_paths(names)))
    found: dict[str, set[str]] = {}
    for path, branch in session.execute(query):
        found.setdefault(path, set()).add(str(branch))
    return found

"""Every SELECT on repositories' states, and on what waits to be done to them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from calcifer.git.models import Listed, RepositoryState
from calcifer.kit.errors import NotFound
from calcifer.services.models import Service
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


def _listed() -> Select[*tuple[Any, ...]]:
    columns = (Service.id, Service.name, Service.path, Service.main_branch, Service.missing_since, RepositoryState)
    return select(*columns).outerjoin(RepositoryState, RepositoryState.service_id == Service.id)


def list_states(session: Session, *, only: str = "", after: str | None = None, limit: int = 50) -> list[Listed]:
    """Return up to `limit` services with what was last seen of their repositories, by name, beginning after the name `after`."""
    query = _listed().order_by(Service.name).limit(limit)
    if only:
        query = query.where(FILTERS[only])
    if after is not None:
        query = query.where(Service.name > after)
    return [Listed(*row) for row in session.execute(query)]


def get_state(session: Session, name: str) -> Listed:
    """Return one service with what was last seen of its repository; NotFound where there is no such service."""
    row = session.execute(_listed().where(Service.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"There is no service '{name[:100]}'.")
    return Listed(*row)


def count_states(session: Session) -> dict[str, int]:
    """Count the services of each filter, in one go."""
    sums = [func.count().filter(condition).label(name) for name, condition in FILTERS.items()]
    counted = select(*sums).select_from(Service).outerjoin(RepositoryState, RepositoryState.service_id == Service.id)
    return dict(session.execute(counted).one()._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)


def list_repositories(session: Session, names: Iterable[str] | None = None) -> list[Listed]:
    """Return the services of these names (None: all) whose repositories are there, by name."""
    query = _listed().where(_there).order_by(Service.name)
    if names is not None:
        query = query.where(Service.name.in_(list(names)))
    return [Listed(*row) for row in session.execute(query)]


def open_branches(session: Session, names: Iterable[str] | None = None) -> dict[int, set[str]]:
    """Return the branches that belong to open items, by the id of their service."""
    query = select(Item.service_id, Item.branch).where(Item.state == "open", Item.branch.is_not(None))
    if names is not None:
        query = query.where(Item.service_id.in_(select(Service.id).where(Service.name.in_(list(names)))))
    found: dict[int, set[str]] = {}
    for service_id, branch in session.execute(query):
        found.setdefault(service_id, set()).add(str(branch))
    return found

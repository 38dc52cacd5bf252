"""Every SELECT on the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, String, and_, bindparam, cast, exists, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from calcifer.kit.errors import NotFound
from calcifer.services.cycles import cycles_through
from calcifer.services.models import Service, ServiceDependency
from calcifer.services.rows import Listed, Neighbour, Stored, Surroundings, WithImages

LONGEST_NAME = 100
MOST_EDGES = 5000


@dataclass(frozen=True)
class Filters:
    """What a list of services is narrowed to; an empty one is left out."""

    text: str = ""
    """Words of name, title or description."""
    kind: str = ""
    owner: str = ""
    lifecycle: str = ""
    problems: bool = False
    """Only those whose descriptor is broken or whose repository is missing."""


_BY_NAME = select(Service).where(Service.name == bindparam("name"))  # made once: that takes longer than running it


def find_service(session: Session, name: str) -> Service | None:
    """Return the service of this name, or None."""
    return session.scalar(_BY_NAME, {"name": name})


def get_service(session: Session, name: str) -> Service:
    """Return the service of this name; NotFound where there is none."""
    service = find_service(session, name)
    if service is None:
        raise NotFound(f"There is no service '{name[:100]}'.")
    return service


_LISTED = tuple(getattr(Service, name) for name in Listed._fields)
_PROBLEM = or_(Service.missing_since.is_not(None), Service.descriptor_error.is_not(None))

_NARROWING = {
    "after": Service.name > bindparam("after"),
    "kind": Service.kind == bindparam("kind"),
    "owner": Service.owner == bindparam("owner"),
    "lifecycle": Service.lifecycle == bindparam("lifecycle"),
}


@cache
def _listing(*names: str) -> Select[Any]:
    query = select(*_LISTED).order_by(Service.name).limit(bindparam("limit"))
    return query.where(*(_NARROWING[name] for name in names))


def list_services(session: Session, filters: Filters, *, after: str | None = None, limit: int = 50) -> list[Listed]:
    """Return up to `limit` services by name, those after the name `after`."""
    values = {"kind": filters.kind, "owner": filters.owner, "lifecycle": filters.lifecycle, "after": after}
    values = {name: value for name, value in values.items() if value not in {"", None}}
    query = _listing(*values)
    if filters.problems:
        query = query.where(_PROBLEM)
    for word in filters.text.split()[:8]:
        found_in = (Service.name, Service.title, Service.description)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in found_in)))
    return [Listed._make(row) for row in session.connection().execute(query, values | {"limit": limit}).all()]


_CHOICES = union_all(
    *(
        select(literal(name).label("field"), column.label("choice")).distinct()
        for name, column in (("kind", Service.kind), ("owner", Service.owner), ("lifecycle", Service.lifecycle))
    )
)


def list_choices(session: Session) -> dict[str, list[str]]:
    """Return what kind, owner and lifecycle can be narrowed to, from their indexes alone."""
    choices: dict[str, list[str]] = {"kind": [], "owner": [], "lifecycle": []}
    for field, choice in session.connection().execute(_CHOICES):
        if choice:
            choices[field].append(choice)
    return {field: sorted(found) for field, found in choices.items()}


def list_dependencies(session: Session, service_id: int) -> list[Neighbour]:
    """Return what a service says that it depends on, by name."""
    query = (
        select(ServiceDependency.name, Service.title)
        .outerjoin(Service, Service.name == ServiceDependency.name)
        .where(ServiceDependency.service_id == service_id)
        .order_by(ServiceDependency.name)
    )
    return [Neighbour._make(row) for row in session.execute(query)]


_STORED_DEPENDENCIES = select(ServiceDependency).where(ServiceDependency.service_id == bindparam("service_id"))


def list_stored_dependencies(session: Session, service_id: int) -> list[ServiceDependency]:
    """Return the rows of what a service's descriptor says it depends on, to be changed."""
    return list(session.scalars(_STORED_DEPENDENCIES, {"service_id": service_id}))


def list_dependents(session: Session, name: str, *, limit: int = 200) -> list[Neighbour]:
    """Return the services that say that they depend on this name."""
    query = (
        select(Service.name, Service.title)
        .join(ServiceDependency, ServiceDependency.service_id == Service.id)
        .where(ServiceDependency.name == name)
        .order_by(Service.name)
        .limit(limit)
    )
    return [Neighbour._make(row) for row in session.execute(query)]


def list_edges_from(session: Session, name: str) -> Sequence[tuple[str, str]]:
    """Return (dependent, dependency) for everything that can be reached from a service, at most MOST_EDGES."""
    reached = select(Service.id, Service.name).where(Service.name == name).cte("reached", recursive=True)
    step = (
        select(Service.id, Service.name)
        .join(ServiceDependency, ServiceDependency.name == Service.name)
        .join(reached, reached.c.id == ServiceDependency.service_id)
    )
    reached = reached.union(step)  # not UNION ALL: a cycle would never end
    edges = select(reached.c.name, ServiceDependency.name).join(
        ServiceDependency, ServiceDependency.service_id == reached.c.id
    )
    return [(dependent, dependency) for dependent, dependency in session.execute(edges.limit(MOST_EDGES))]


def surroundings(session: Session, service: Service) -> Surroundings:
    """Return a service's neighbours in both directions, and the cycles through it."""
    needs = list_dependencies(session, service.id)
    needed_by = list_dependents(session, service.name)
    edges = list_edges_from(session, service.name) if needs and needed_by else []
    return Surroundings(needs, needed_by, cycles_through(service.name, edges))


def list_names(session: Session) -> list[str]:
    """Return the name of every service, in order."""
    return list(session.scalars(select(Service.name).order_by(Service.name)))


def find_service_at(session: Session, path: str, folder: str = "") -> Service | None:
    """Return the service that is this folder of the repository at this absolute path, or None."""
    return session.scalar(select(Service).where(Service.path == path, Service.folder == folder))


_BESIDE = (
    select(Service).where(Service.path == bindparam("path"), Service.id != bindparam("id")).order_by(Service.folder)
)


def list_beside(session: Session, service: Service) -> list[Service]:
    """Return the other services of a service's repository, by folder."""
    return list(session.scalars(_BESIDE, {"path": service.path, "id": service.id}))


_OTHER = aliased(Service)
_is_first = or_(_OTHER.folder == "", and_(Service.folder != "", _OTHER.id < Service.id))
_is_before = or_(
    and_(_OTHER.missing_since.is_(None), Service.missing_since.is_not(None)),
    and_(_OTHER.missing_since.is_(None) == Service.missing_since.is_(None), _is_first),
)
SPEAKS = ~exists().where(_OTHER.path == Service.path, _OTHER.id != Service.id, _is_before)
"""Whether a repository goes by the name of this service: of several that are there, by that of the rest, or the first."""


_SPEAKER = select(Service.name).where(Service.path == bindparam("path"), SPEAKS)


def speaker(session: Session, service: Service) -> str:
    """Return the name by which the repository of a service goes."""
    # Past the session, which would write first what has changed: nothing of a unit that asks changes the answer.
    found: str | None = session.connection().scalar(_SPEAKER, {"path": service.path})
    return found or service.name


def list_shared(session: Session, service: Service) -> dict[str, str]:
    """Return the same for the repository of a service, and nothing where it has that alone."""
    found = list_folders(session, service.path)
    return found if len(found) > 1 or service.folder else {}


def list_baselines(session: Session, service: Service) -> set[str]:
    """Return the commits of main at which the services in the repository of one were adopted."""
    return {oid for oid in session.scalars(select(Service.baseline).where(Service.path == service.path)) if oid}


def list_at(session: Session, path: str) -> list[Service]:
    """Return the services of the repository at this absolute path, by folder."""
    return list(session.scalars(select(Service).where(Service.path == path).order_by(Service.folder)))


_FOLDERS = select(Service.folder, Service.name).where(Service.path == bindparam("path"))


def list_folders(session: Session, path: str) -> dict[str, str]:
    """Return the names of the services of a repository by their folders."""
    session.flush()  # past the session, which would look for objects in these rows: that takes three times as long
    return {row.folder: row.name for row in session.connection().execute(_FOLDERS, {"path": path})}


def list_stored(session: Session) -> list[Stored]:
    """Return of every service what scanning compares, by name."""
    columns = (getattr(Service, name) for name in Stored._fields)
    return [Stored._make(row) for row in session.execute(select(*columns).order_by(Service.name))]


def list_places(session: Session) -> list[tuple[str, str, str]]:
    """Return name, repository and folder in that of every service."""
    rows = session.execute(select(Service.name, Service.path, Service.folder))
    return [(name, path, folder) for name, path, folder in rows]


def list_targets(session: Session) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the name of every service whose descriptor says where it runs, with its targets."""
    rows = session.execute(
        select(Service.name, Service.targets).where(Service.targets.is_not(None)).order_by(Service.name)
    )
    return [(name, there) for name, there in rows if there]


def list_images(session: Session, name: str | None = None) -> list[WithImages]:
    """Return what the images of services and the rules for their updates are read from, of one service or of all, by name."""
    columns = (getattr(Service, column) for column in WithImages._fields)
    query = select(*columns).where(Service.missing_since.is_(None)).order_by(Service.name)
    rows = session.execute(query if name is None else query.where(Service.name == name))
    return [WithImages._make(row) for row in rows]


def list_with_targets(session: Session, *, after: str | None = None, limit: int = 50) -> list[Service]:
    """Return up to `limit` services whose descriptors say where they run, by name."""
    query = (
        select(Service).where(cast(Service.targets, String).not_in(("null", "[]"))).order_by(Service.name).limit(limit)
    )
    return list(session.scalars(query if after is None else query.where(Service.name > after)))


def list_repositories(session: Session) -> list[str]:
    """Return the path of every repository that services are in."""
    return list(session.scalars(select(Service.path).distinct().order_by(Service.path)))

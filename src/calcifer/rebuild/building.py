"""The only place that reads every repository of a workspace and fills a new database with what they say."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from calcifer.activity import service as activity
from calcifer.deployments import records
from calcifer.deployments.schemas import Kept as Deployed
from calcifer.deployments.service import restoring as deployments
from calcifer.hosts import kept as kept_hosts
from calcifer.hosts import service as hosts
from calcifer.kit.errors import CalciferError, Invalid
from calcifer.kit.git.damage import told
from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Repository
from calcifer.kit.promises import promise
from calcifer.kit.uow import Actor, UnitOfWork, Units
from calcifer.rebuild.schemas import UnreadOut
from calcifer.services import queries as catalog
from calcifer.services.naming import name_of
from calcifer.services.service import restoring as services
from calcifer.services.service.restoring import Known
from calcifer.services.service.scanning import repositories
from calcifer.work import recorded
from calcifer.work.recorded import Found, Reading
from calcifer.work.service import restoring as work
from calcifer.work.service.restoring import Claimed

BATCH = 50
REFRESH = "git.refresh"
Tell = Callable[[str], None]
log = logging.getLogger("calcifer.rebuild")


@dataclass
class Built:
    """What a new database has, and what could not be taken; `unread_paths` are repositories that are left out."""

    services: dict[str, int] = field(default_factory=dict)
    claims: list[Claimed] = field(default_factory=list)
    unread: list[UnreadOut] = field(default_factory=list)
    unread_paths: dict[str, str] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    strays: int = 0
    hosts: int = 0
    deployments: list[tuple[str, Deployed]] = field(default_factory=list)

    def miss(self, service: str, place: str, reason: str) -> None:
        """Note what could not be taken."""
        self.unread.append(UnreadOut(service=visible(service), place=visible(place), reason=visible(reason)))

    def miss_all(self, path: Path, reason: str) -> None:
        """Note that a whole repository could not be taken."""
        self.unread_paths[str(path)] = reason
        self.miss(name_of(path), str(path), reason)


def build(units: Units, actor: Actor, home: Path, also: Iterable[Path], tell: Tell) -> Built:
    """Fill the empty database of `units` from the repositories in `home`, and those of `also` that were adopted once."""
    built = Built()
    found = _read(home, also, built, tell)
    _restore_services(units, actor, found, built, tell)
    tell("Items")
    claims = [Claimed(name, item) for name, one in found.items() if name in built.services for item in one.items]
    built.claims, losers = work.chosen(claims)
    for loser, winner in losers:
        number, place = loser.found.record.number, winner.found.place
        reason = f"#{number} is an item of {winner.service} ({place}): a number belongs to one item."
        built.miss(loser.service, loser.found.place, reason)
    with units.write(actor) as uow:
        for number, parent in work.restore(uow, built.claims, built.services):
            built.miss("", f"#{number}", f"It is a part of #{parent}, which is no parent here: it stands alone now.")
        promise(uow, REFRESH, "*")
    _restore_strays(units, actor, built, tell)
    _restore_hosts(units, actor, home / "var", built)
    _restore_deployments(units, actor, built, tell)
    return built


def _restore_hosts(units: Units, actor: Actor, var: Path, built: Built) -> None:
    """Give back the hosts as `var/hosts` has them; what was found out about them is asked anew by the next server."""
    with _missed(kept_hosts.place(var), built), units.write(actor) as uow:
        for path, one in kept_hosts.read(var):
            if isinstance(one, Invalid):
                built.miss("hosts", path, one.message)
            else:
                hosts.restore(uow, one)
                built.hosts += 1
        if built.hosts:
            promise(uow, hosts.CHECK, hosts.ALL)


def _restore_deployments(units: Units, actor: Actor, built: Built, tell: Tell) -> None:
    """Give back the deployments that notes of commits tell of, each to the service that it names, if that is in the repository."""
    tell("Deployments")
    by_path: dict[Path, dict[str, int]] = {}
    for name, known in built.known.items():
        by_path.setdefault(known.path, {})[name] = built.services[name]
    for path, there in by_path.items():
        with _missed(path, built), units.write(actor) as uow:
            for commit, kept in records.read(uow.refs.open(path)):
                _restore_deployment(uow, there, commit, kept, built)


def _restore_deployment(
    uow: UnitOfWork, there: dict[str, int], commit: str, kept: Deployed | Invalid, built: Built
) -> None:
    place = f"{records.NOTES} {commit[:10]}"
    if isinstance(kept, Invalid):
        built.miss(next(iter(there)), place, kept.message)
        return
    name = kept.service if kept.service in there else next(iter(there)) if len(there) == 1 else None
    if name is None:
        built.miss(kept.service, place, "No service of this repository is called so.")
        return
    try:
        deployments.restore(uow, kept, there[name])
        built.deployments.append((name, kept))
    except Invalid as error:
        built.miss(name, f"{place}, deployment {kept.deployment}", error.message)


def restore_activity(units: Units, actor: Actor, built: Built) -> None:
    """Give back what git tells of the activity."""
    told = [one for known in built.known.values() for one in services.told(known)]
    told += [one for claim in built.claims for one in work.told(claim)]
    told += [deployments.told(kept, name) for name, kept in built.deployments]
    with units.write(actor) as uow:
        activity.restore(uow, told)


@dataclass(frozen=True)
class Read:
    """A service and what was read of its repository; `items` are its own where that has several."""

    known: Known
    reading: Reading
    items: list[Found]
    is_first: bool = True
    """Whether it is the one by which the repository's problems are told."""


def _read(home: Path, also: Iterable[Path], built: Built, tell: Tell) -> dict[str, Read]:
    """Read every repository, by the name of its service. What one of them is like keeps no other from being read."""
    found: list[Read] = []
    inside = list(repositories(home, set()))
    paths = list(dict.fromkeys([*inside, *also]))
    for at, path in enumerate(paths):
        if at % BATCH == 0:
            tell(f"Reading: {at} of {len(paths)}")
        with _missed(path, built):
            repository = Repository(path)
            known = services.known(repository)
            if path not in inside and not any(one.note for one in known):
                built.miss_all(path, "Nothing in it says that it was adopted: adopt it again.")
                continue
            reading = recorded.read(repository, known[0].main_branch, *(one.baseline for one in known))
            found += _shared_out(known, reading)
    return _named(found, built)


def _shared_out(known: list[Known], reading: Reading) -> Iterator[Read]:
    """Give each service of a repository the items whose records name it; the first has those of no name that is there."""
    names = {one.name for one in known}
    for number, one in enumerate(known):
        also = set() if number else {item.record.service for item in reading.items} - names
        own = [item for item in reading.items if item.record.service in {one.name, *also}]
        yield Read(one, reading, own, is_first=number == 0)


def _named(found: list[Read], built: Built) -> dict[str, Read]:
    """Give each service its name; of two that say the same one, it is that of the directory that is called so."""
    named: dict[str, Read] = {}
    for one in sorted(found, key=lambda one: (one.known.name != name_of(one.known.place), str(one.known.place))):
        known = one.known
        beside = f"{known.path.name}-{known.folder.replace('/', '-')}" if known.folder else known.path.name
        name = next((name for name in (known.name, name_of(known.path / beside)) if name not in named), None)
        if name is None:
            other = named[known.name].known
            built.miss_all(known.place, f"There is a service '{known.name}' already, at {other.place}.")
            continue
        named[name] = replace(one, known=known.called(name))
    return dict(sorted(named.items()))


@contextmanager
def _missed(path: Path, built: Built) -> Iterator[None]:
    try:
        yield
    except CalciferError as error:
        built.miss_all(path, error.message)
    except Exception as error:
        # Nobody knows what a repository can be like, and one must not keep all others from being read.
        log.exception("%s could not be read", path)
        built.miss_all(path, f"Something unexpected is in it: {type(error).__name__}: {error}")


def _restore_services(units: Units, actor: Actor, found: dict[str, Read], built: Built, tell: Tell) -> None:
    waiting = list(found.items())
    for at in range(0, len(waiting), BATCH):
        tell(f"Services: {at} of {len(waiting)}")
        with units.write(actor) as uow:
            for name, one in waiting[at : at + BATCH]:
                known, reading = one.known, one.reading
                with _missed(known.place, built), uow.db.begin_nested():
                    made = services.restore(uow, known, baseline=reading.before_first, highest_number=reading.highest)
                    uow.db.flush()  # what cannot be stored has to show here, where it concerns this one alone
                    built.services[name], built.known[name] = made.id, known
                    for problem in reading.problems if one.is_first else ():
                        built.miss(name, problem.place, problem.reason)


def _restore_strays(units: Units, actor: Actor, built: Built, tell: Tell) -> None:
    by_service: dict[str, list[Claimed]] = {}
    for claim in built.claims:
        by_service.setdefault(claim.service, []).append(claim)
    waiting = sorted(built.services)
    for at in range(0, len(waiting), BATCH):
        tell(f"Commits without an item: {at} of {len(waiting)}")
        with units.write(actor) as uow:
            for name in waiting[at : at + BATCH]:
                with _missed_strays(name, built), uow.db.begin_nested():
                    service = catalog.get_service(uow.db, name)
                    waiting_here, gone = work.restore_strays(uow, service, by_service.get(name, []))
                    uow.db.flush()  # as above
                    built.strays += waiting_here
                    for oid in gone:
                        built.miss(name, oid, "An item answers for this commit, which is not there any more.")


@contextmanager
def _missed_strays(name: str, built: Built) -> Iterator[None]:
    try:
        with told(Path(name)):
            yield
    except CalciferError as error:
        built.miss(name, "main", f"Commits without an item could not be looked for: {error.message}")

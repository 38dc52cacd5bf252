"""Every change to secrets. Each is a change of a repository, and goes the way of all of them: an item with the encrypted file."""

from pathlib import Path

from calcifer.accounts.permissions import require
from calcifer.activity import service as activity
from calcifer.kit import age, dotenv
from calcifer.kit.errors import CalciferError, Conflict, Invalid, NotFound
from calcifer.kit.git.repository import Repository
from calcifer.kit.uow import UnitOfWork
from calcifer.secrets import sealed
from calcifer.secrets.keys import Keys
from calcifer.secrets.schemas import NewSecret, Removal, Which
from calcifer.secrets.sealed import CannotBeRead, Sealed
from calcifer.services import queries as services
from calcifer.services.models import Service
from calcifer.work import queries as items
from calcifer.work import service as work
from calcifer.work.models import Item
from calcifer.work.rules import Verdict
from calcifer.work.schemas import FileContent, NewChange, NewCommit

Changed = tuple[Item, list[Verdict]]


def list_secrets(uow: UnitOfWork, name: str) -> list[Sealed]:
    """Return the secrets of a service on main, all masked: whoever sees the repository sees as much."""
    service = services.get_service(uow.db, name)
    repository = uow.refs.open(Path(service.path))
    main = repository.branch(service.main_branch)
    return (
        sorted(sealed.listed(repository, main, service.folder), key=lambda one: (one.target, one.name)) if main else []
    )


def set(uow: UnitOfWork, name: str, new: NewSecret, keys: Keys) -> Changed:  # noqa: A001  (the verb)
    """Encrypt a value for the workspace and its recovery key, and change the repository by it."""
    require(uow.actor, "secrets.set")
    service = services.get_service(uow.db, name)
    target, variable = sealed.checked_target(service, new.target), sealed.checked_name(new.name)
    value = new.value.get_secret_value()
    dotenv.written(value)
    _refuse_without_key(uow, keys)
    text = age.encrypt(value.encode(), keys.recipients())
    made = _changed(uow, service, new, f"Set the secret {variable} of {target}", sealed.path_of(target, variable), text)
    activity.record(uow, "secrets.set", f"{variable} of {target}", service=name, item_number=made[0].number)
    return made


def remove(uow: UnitOfWork, name: str, which: Removal) -> Changed:
    """Take a secret out of the repository; what was committed once stays in its history, encrypted."""
    require(uow.actor, "secrets.remove")
    service = services.get_service(uow.db, name)
    target = _target_there(uow, service, which)
    path = sealed.path_of(target, which.name)
    made = _changed(uow, service, which, f"Remove the secret {which.name} of {target}", path, None)
    activity.record(uow, "secrets.remove", f"{which.name} of {target}", service=name, item_number=made[0].number)
    return made


def reveal(uow: UnitOfWork, name: str, which: Which, keys: Keys) -> tuple[Sealed, str]:
    """Return a secret with its value, as it is on main; that somebody has seen it is an entry of the activity."""
    require(uow.actor, "secrets.reveal")
    service = services.get_service(uow.db, name)
    target = _target_there(uow, service, which)
    one = next((one for one in list_secrets(uow, name) if (one.target, one.name) == (target, which.name)), None)
    if one is None:
        raise NotFound(f"{name} has no secret {which.name} of {target}.")
    value = sealed.opened(uow.refs.open(Path(service.path)), one, keys.identities())
    activity.record(uow, "secrets.reveal", f"{one.name} of {one.target}", service=name)
    return one, value


def rotate(uow: UnitOfWork, keys: Keys, *, recovery: bool = False) -> list[Item]:
    """Make a new key, and encrypt every secret for it: an item for each service. Older keys still read older commits."""
    require(uow.actor, "secrets.rotate")
    _refuse_without_key(uow, keys)
    known = keys.identities()
    readable = [
        (service, {one.path: sealed.opened(repository, one, known) for one in found})
        for service, repository, found in _every(uow)
    ]
    keys.recipients()
    keys.rotate(recovery=recovery)
    recipients, made = keys.recipients(), []
    for service, values in readable:
        files = [
            FileContent(path=path.removeprefix(service.within("")), content=age.encrypt(value.encode(), recipients))
            for path, value in values.items()
        ]
        reason = "Encrypt the secrets for a new key"
        made.append(work.change(uow, NewChange(service=service.name, reason=reason, files=files))[0])
    activity.record(uow, "secrets.rotate", f"{len(made)} services", recovery=recovery)
    return made


def recovery(uow: UnitOfWork, keys: Keys) -> str:
    """Return the recovery key as the file that a person keeps; the caller forgets it here once it was given away."""
    require(uow.actor, "secrets.recovery")
    text = keys.recovery()
    activity.record(uow, "secrets.recovery", "The recovery key was taken")
    return text


def restore(uow: UnitOfWork, keys: Keys, text: str) -> int:
    """Let a key that a person has kept read here again; return how many secrets it opens. Invalid where it opens none."""
    require(uow.actor, "secrets.restore")
    found = age.identities(text)
    if not found:
        raise Invalid.field("key", f"There is no key in it: a line that begins with {age.PREFIX}.")
    every = [(repository, one) for _, repository, sealed_ones in _every(uow) for one in sealed_ones]
    opens = sum(_opens(repository, one, found) for repository, one in every)
    if every and not opens:
        raise Invalid.field("key", f"It opens none of the {len(every)} secrets of this workspace: it is another's key.")
    keys.put_back(found)
    activity.record(uow, "secrets.restore", f"A key that opens {opens} of {len(every)} secrets")
    return opens


def _opens(repository: Repository, one: Sealed, identities: list[str]) -> bool:
    try:
        sealed.opened(repository, one, identities)
    except CannotBeRead:
        return False
    return True


def _every(uow: UnitOfWork) -> list[tuple[Service, Repository, list[Sealed]]]:
    """Return the services that have secrets on main; repositories that cannot be read are left to `calcifer doctor`."""
    found = []
    for name in services.list_names(uow.db):
        service = services.get_service(uow.db, name)
        if service.missing_since is not None:
            continue
        try:
            ones = list_secrets(uow, name)
        except Invalid:
            raise
        except CalciferError:
            continue
        if ones:
            found.append((service, uow.refs.open(Path(service.path)), ones))
    return found


def _refuse_without_key(uow: UnitOfWork, keys: Keys) -> None:
    """A new key beside secrets that nothing here opens would hide that the old one is lost."""
    if keys.identities():
        return
    there = _every(uow)
    if there:
        raise Conflict(
            f"The key of this workspace is not in {keys.file}, and {there[0][0].name} has secrets that need it.",
            mend="Put the recovery key in: calcifer secrets restore FILE   (or the file itself from a backup)",
        )


def _target_there(uow: UnitOfWork, service: Service, which: Which) -> str:
    """Return the target that is meant; one that the descriptor has no more may still have secrets."""
    sealed.checked_name(which.name)
    if which.target is not None and which.target in {one.target for one in list_secrets(uow, service.name)}:
        return which.target
    return sealed.checked_target(service, which.target)


def _changed(uow: UnitOfWork, service: Service, asked: Removal, words: str, path: str, content: str | None) -> Changed:
    if asked.item is None:
        reason = asked.reason or words
        return work.change(
            uow, NewChange(service=service.name, reason=reason, files=[FileContent(path=path, content=content)])
        )
    item = items.get_item(uow.db, asked.item)
    if item.service.name != service.name:
        raise Invalid.field("item", f"#{item.number} changes {item.service.name}, not {service.name}.")
    files = [FileContent(path=service.within(path), content=content)]
    repository = uow.refs.open(Path(service.path))
    head = repository.branch(item.branch) if item.branch else None
    has_entry = head and repository.read(head, item.fragment)
    message = asked.reason or words
    work.commit(uow, item.number, NewCommit(message=message, entry=None if has_entry else message, files=files))
    return item, work.judge(uow, item)

"""The only place that puts together what can be updated: images of services, their rules, what registries have."""

from collections.abc import Iterator
from typing import Any

from calcifer.kit.uow import UnitOfWork
from calcifer.services import queries as catalog
from calcifer.updates import queries
from calcifer.updates.choosing import STATES, choose
from calcifer.updates.models import Image
from calcifer.updates.references import read
from calcifer.updates.rows import Update, Used
from calcifer.updates.rules import Rule, rule_of


def used(uow: UnitOfWork, service: str | None = None) -> list[Used]:
    """Return the images that services name on main, by service; what a service builds itself is in no registry."""
    return [one for row in catalog.list_images(uow.db, service) for one in _used(row.name, row.facts, row.updates)]


def _used(service: str, facts: dict[str, Any], rules: list[dict[str, Any]] | None) -> Iterator[Used]:
    containers: dict[str, list[str]] = {}
    for name, container in facts.get("containers", {}).items():
        if container.get("image") and not container.get("build"):
            containers.setdefault(container["image"], []).append(name)
    for written, names in sorted(containers.items()):
        reference = read(written)
        rule = rule_of(rules or [], reference) if reference else Rule()
        yield Used(service, written, tuple(names), reference.name if reference else "", rule)


def updates(uow: UnitOfWork, service: str | None = None) -> list[Update]:
    """Return every image of services with what it could be updated to; those with an update first, then by service."""
    there = used(uow, service)
    images = queries.list_images(uow.db, None if service is None else {one.name for one in there})
    found = [_judged(one, images.get(one.name)) for one in there]
    return sorted(found, key=lambda one: (STATES.index(one.offer.state), one.used.service, one.used.written))


def by_themselves(uow: UnitOfWork, service: str | None = None) -> list[Update]:
    """Return the updates that the descriptors of services let complete by themselves."""
    chosen = [
        Update(
            one.used,
            choose(one.used.written, one.used.rule.by_itself, one.image.known if one.image else None),
            one.image,
        )
        for one in updates(uow, service)
        if one.used.rule.automatic != "none"
    ]
    return [one for one in chosen if one.offer.to is not None]


def _judged(one: Used, image: Image | None) -> Update:
    return Update(one, choose(one.written, one.rule, image.known if image else None), image)

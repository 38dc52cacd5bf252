"""Carries out what is done day to day, outside of any unit of work; killed anywhere and begun again, it goes on where it was."""

import time
from collections.abc import Callable
from pathlib import Path

from calcifer.deployments import verdict
from calcifer.deployments.drivers import compose, daily
from calcifer.deployments.queries import daily as queries
from calcifer.deployments.schemas import Place
from calcifer.deployments.service import carrying, lasting, turns
from calcifer.deployments.service.daily import There, asked, ended, note, there
from calcifer.hosts import queries as hosts
from calcifer.hosts.reaching import Aim, changed, write_known_hosts
from calcifer.kit.errors import CalciferError, Conflict
from calcifer.kit.ssh import KeyChanged
from calcifer.kit.uow import Actor, Units

Tell = Callable[[str], None]


class NotWell(Conflict):
    """It was done, and what runs is not well, or it could not be done."""


def carry_out(
    units: Units, actor: Actor, operation_id: int, var: Path, waiting: tuple[int, turns.Wait], told: Tell
) -> str:
    """Carry an operation out once it is its turn, and return the state; `waiting` has its job, and how to wait for another one."""
    with units.read(actor) as uow:
        row, service, host = queries.get_operation(uow.db, operation_id)
        if row.is_finished:
            return row.state
        verb, parts, place, done = row.verb, row.parts, (row.service_id, row.host_id), row.runs
    turns.wait(units, actor, place, waiting[0], waiting[1], told)
    write_known_hosts(units, actor, var)
    with units.write(actor) as uow:
        note(uow, operation_id, state="running")
    said: str | None = None
    error: CalciferError | None = None
    try:
        with units.read(actor) as uow:
            found = asked(there(uow, Place(service=service, to=host), var))
        told(f"{verb} of {service} on {host}")
        _act(units, actor, operation_id, found, verb, parts, var, done)
        said = _verdict(found, verb, parts)
    except KeyChanged as wrong:
        with units.read(actor) as uow:
            error = changed(Aim.of(hosts.get_host(uow.db, host)), wrong)
    except CalciferError as wrong:
        error = wrong
    with units.write(actor) as uow:
        ended(
            uow, operation_id, verdict=said, error=error.message if error else None, mend=error.mend if error else None
        )
    return "failed" if error else "done"


def _act(
    units: Units, actor: Actor, operation_id: int, found: There, verb: str, parts: list[str], var: Path, done: int
) -> None:
    """Run it on the host, and find it again there where it was begun; again where the host was restarted meanwhile."""

    def cut_off(next_one: int) -> None:
        with units.write(actor) as uow:
            note(uow, operation_id, runs=next_one)

    script = daily.acting(found.place, found.project, verb, parts)
    try:
        lasting.carry(
            found.place, f"o{operation_id}-{verb}", script, var, f"docker compose {verb}", done=done, cut_off=cut_off
        )
    except lasting.NotDone as error:
        raise NotWell(
            error.message,
            mend=f"calcifer deploy {found.place.service} --to {found.target.name}   (makes containers that are gone anew)",
        ) from error


def _verdict(found: There, verb: str, parts: list[str]) -> str:
    """Look until what was started is well, or what was stopped is still; NotWell where it is not, or not in time."""
    until = time.monotonic() + carrying.DEADLINE_SECONDS
    while True:
        seen = lasting.patiently(lambda: compose.look(found.place, found.project, {"containers"}))
        judged = verdict.at_rest(seen, parts) if verb == "stop" else verdict.alive(seen, parts)
        if judged.standing == "good":
            return judged.sentence
        if judged.standing == "bad" or time.monotonic() > until:
            raise NotWell(
                judged.sentence, mend=f"calcifer deployments logs {found.place.service} --to {found.target.name}"
            )
        time.sleep(lasting.LOOK_SECONDS)

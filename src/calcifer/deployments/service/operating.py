"""Carries out what is done day to day, outside of any unit of work; killed anywhere and begun again, it goes on where it was."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from calcifer.deployments import running, verdict
from calcifer.deployments.daily import Place
from calcifer.deployments.drivers import compose, daily
from calcifer.deployments.queries import daily as queries
from calcifer.deployments.service import carrying, turns
from calcifer.deployments.service.daily import There, asked, ended, note, there
from calcifer.hosts.reaching import changed, write_known_hosts
from calcifer.kit.errors import CalciferError, Conflict, Unavailable
from calcifer.kit.ssh import KeyChanged
from calcifer.kit.uow import Actor, Units

Tell = Callable[[str], None]
T = TypeVar("T")


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
    carrying.logs(var).mkdir(parents=True, exist_ok=True)
    with units.write(actor) as uow:
        note(uow, operation_id, state="running")
        found = there(uow, Place(service=service, to=host), var)
    said: str | None = None
    error: CalciferError | None = None
    try:
        asked(found)
        told(f"{verb} of {service} on {host}")
        _act(units, actor, operation_id, found, verb, parts, var, done)
        said = _verdict(found, verb, parts)
    except KeyChanged as wrong:
        error = changed(found.aim, wrong)
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
    script = daily.acting(found.place, found.project, verb, parts)
    for number in range(done, done + carrying.MOST_RUNS):
        name = f"o{operation_id}-{verb}-{number}"
        log = carrying.log_of(var, name)
        try:
            code = patiently(partial(running.run, found.place, name, script, log))
        except running.CutOff:
            with units.write(actor) as uow:
                note(uow, operation_id, runs=number + 1)
            continue
        if code:
            raise NotWell(
                f"docker compose {verb} ended with {code}: {carrying.last_words(log)}",
                mend=f"calcifer deploy {found.place.service} --to {found.target.name}   (makes containers that are gone anew)",
            )
        return
    raise NotWell(f"docker compose {verb} was cut off {carrying.MOST_RUNS} times before its end.")


def _verdict(found: There, verb: str, parts: list[str]) -> str:
    """Look until what was started is well, or what was stopped is still; NotWell where it is not, or not in time."""
    until = time.monotonic() + carrying.DEADLINE_SECONDS
    while True:
        seen = patiently(lambda: compose.look(found.place, found.project))
        judged = verdict.at_rest(seen, parts) if verb == "stop" else verdict.alive(seen, parts)
        if judged.standing == "good":
            return judged.sentence
        if judged.standing == "bad" or time.monotonic() > until:
            raise NotWell(
                judged.sentence, mend=f"calcifer deployments logs {found.place.service} --to {found.target.name}"
            )
        time.sleep(carrying.LOOK_SECONDS)


def patiently(ask: Callable[[], T]) -> T:
    """Ask again while the host is away, up to carrying's patience."""
    until = time.monotonic() + carrying.PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(carrying.LOOK_SECONDS)

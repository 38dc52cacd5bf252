"""Reads logs and states from hosts, outside of any unit of work; nothing of it is kept."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from calcifer.deployments.daily import LogLine, LogLines, LogWish, RunningOut, StateOut
from calcifer.deployments.drivers import daily
from calcifer.deployments.loglines import Lines, has, last
from calcifer.deployments.schemas import Place as Wanted
from calcifer.deployments.service.daily import There, asked, may_read_logs, there
from calcifer.hosts.reaching import changed, write_known_hosts
from calcifer.kit import ssh
from calcifer.kit.errors import Unavailable
from calcifer.kit.ssh.following import following
from calcifer.kit.uow import Actor, Units

SECONDS = 60.0
MOST_BYTES = 20_000_000
"""Of what a host says, when nobody follows; more of it is left out, and said to be."""
FOLLOWED_SECONDS = 3600.0
"""After that a follower has to ask again: a page that was left open somewhere is no reader."""
MOST_FOLLOWERS = 50
"""At once: each has a connection of its own, and a program on the host."""
_followers: set[object] = set()


def logs(units: Units, actor: Actor, var: Path, wish: LogWish) -> tuple[There, LogLines]:
    """Return where they are, and the last lines; where a text is asked for, of those lines of each container that are searched."""
    found = _reach(units, actor, var, wish)
    tail = daily.SEARCHED if wish.text else wish.tail
    script = daily.logs(found.project, wish.parts, since=wish.since, tail=tail, follow=False)
    is_cut = False

    def read() -> Iterator[LogLine]:
        nonlocal is_cut
        lines = Lines()
        try:
            with ssh.running(found.place.host, script, seconds=SECONDS, most_bytes=MOST_BYTES) as reader:
                while piece := reader.read():
                    yield from lines.fed(piece)
                yield from lines.end()
        except ssh.TooMuch:
            is_cut = True

    try:
        kept = last((one for one in read() if has(one, wish.text)), wish.tail)
    except ssh.KeyChanged as error:
        raise changed(found.aim, error) from None
    return found, LogLines(lines=kept, is_cut=is_cut)


async def follow(found: There, wish: LogWish) -> AsyncGenerator[LogLine | None]:
    """Yield lines as they are written, and None now and then where there are none; it ends when the reader is gone."""
    script = daily.logs(found.project, wish.parts, since=wish.since, tail=wish.tail, follow=True)
    lines, mine = Lines(), object()
    _followers.add(mine)
    try:
        async with aclosing(following(found.place.host, script, seconds=FOLLOWED_SECONDS)) as pieces:
            async for piece in pieces:
                for one in lines.fed(piece):
                    if has(one, wish.text):
                        yield one
                if not piece:
                    yield None
    except ssh.KeyChanged as error:
        raise changed(found.aim, error) from None
    finally:
        _followers.discard(mine)


async def events(found: There, wish: LogWish) -> AsyncGenerator[dict[str, Any] | None]:
    """Yield the same as plain values, for who takes a stream."""
    async with aclosing(follow(found, wish)) as lines:
        async for one in lines:
            yield one.model_dump() if one is not None else None


def followed(units: Units, actor: Actor, var: Path, wish: LogWish) -> There:
    """Return where logs are to be followed; Unavailable where too many follow already."""
    if len(_followers) >= MOST_FOLLOWERS:
        raise Unavailable(f"{MOST_FOLLOWERS} readers follow logs already: close one of them, then try again.")
    return _reach(units, actor, var, wish)


def state(units: Units, actor: Actor, var: Path, wanted: Wanted) -> StateOut:
    """Ask a host what runs at a target, now."""
    with units.read(actor) as uow:
        found = asked(there(uow, wanted, var))
    write_known_hosts(units, actor, var)
    try:
        seen = daily.state(found.place, found.project)
    except ssh.KeyChanged as error:
        raise changed(found.aim, error) from None
    return told(found, seen)


def told(found: There, seen: list[daily.Running]) -> StateOut:
    """Return what is known of a target and, where its host was asked, its containers."""
    current = found.current
    return StateOut(
        service=found.place.service, host=found.aim.name, target=found.target.name,
        commit=current.version if current else None, deployment=current.id if current else None,
        by=current.actor_name if current else None, since=current.finished_at if current else None,
        stopped=found.stopped, is_busy=found.is_busy, containers=[_running(found, one) for one in seen],
    )  # fmt: skip


def _running(found: There, one: daily.Running) -> RunningOut:
    by = found.resting.get(one.part)
    is_stopped = by is not None and one.state in ("exited", "created")
    return RunningOut(
        part=one.part, container=one.name, state="stopped" if is_stopped else one.state, health=one.health,
        said=one.said, image=one.image, ports=one.ports, stopped_by=by.by if by and is_stopped else None,
    )  # fmt: skip


def _reach(units: Units, actor: Actor, var: Path, wish: LogWish) -> There:
    with units.read(actor) as uow:
        found = may_read_logs(uow, wish, var)
    write_known_hosts(units, actor, var)
    return found

"""The only place that gives a request its unit of work: `Reading` for GET, `Writing` for everything else.

Both end before the response is sent (`scope="function"`), so that a failed commit is a 500 and never a 200.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from weakref import WeakKeyDictionary

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool

from calcifer.kit.uow import UnitOfWork, Units

# Writers of this process queue here, on the event loop. Waiting for the workspace's lock in threads would take every thread of the
# pool, and the writer that holds the lock would find none to run its handler in. One queue per loop: a lock belongs to its loop.
_queues: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = WeakKeyDictionary()


def _queue() -> asyncio.Lock:
    return _queues.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def _reading(request: Request) -> AsyncIterator[UnitOfWork]:
    units: Units = request.app.state.units
    unit = units.read(request.state.actor)
    if (
        units.database.is_sqlite
    ):  # nothing to wait for here: the transaction begins in the handler, and ends in microseconds
        with unit as uow:
            yield uow
    else:
        async with contextmanager_in_threadpool(unit) as uow:
            yield uow


async def _writing(request: Request) -> AsyncIterator[UnitOfWork]:
    units: Units = request.app.state.units
    unit = units.write(request.state.actor, request.state.request_id)
    async with _queue(), contextmanager_in_threadpool(unit) as uow:
        yield uow


Reading = Annotated[UnitOfWork, Depends(_reading, scope="function")]
Writing = Annotated[UnitOfWork, Depends(_writing, scope="function")]

"""The only place that gives a request its unit of work: `Reading` for GET, `Writing` for everything else.

Both end before the response is sent (`scope="function"`), so that a failed commit is a 500 and never a 200.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from functools import wraps
from inspect import signature
from typing import Annotated, Any
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


async def _writing(request: Request) -> AsyncIterator[AbstractContextManager[UnitOfWork]]:
    units: Units = request.app.state.units
    async with _queue():
        yield units.write(request.state.actor, request.state.request_id)


def in_unit(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return `handler` with its writing unit around it, begun and committed in the thread that it runs in: each change of
    threads takes as long as a query.
    """
    name = next((name for name, given in signature(handler).parameters.items() if given.annotation is Writing), None)
    if name is None:
        return handler

    @wraps(handler)
    def within(**given: Any) -> Any:
        with given.pop(name) as uow:
            return handler(**given, **{name: uow})

    return within


Reading = Annotated[UnitOfWork, Depends(_reading, scope="function")]
Writing = Annotated[UnitOfWork, Depends(_writing, scope="function")]

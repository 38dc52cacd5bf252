"""Run one verb of work in a process of its own that ends itself with SIGKILL at a named step of its unit."""

import os
import signal
import sys
import traceback
from collections.abc import Callable

from calcifer.kit.uow import UnitOfWork
from calcifer.wiring import Wiring
from tests.owner import OWNER

STEPS = ("locked", "planned", "prepared", "database committed", "refs committed", "followed", "cleared")


def killed_at(wiring: Wiring, step: str, act: Callable[[UnitOfWork], object]) -> None:
    """Fork, run `act` in a writing unit, and assert that the child was killed at `step`.

    The child opens connections of its own: those of the parent must not be used on both sides of a fork.
    """
    wiring.units.close()
    child = os.fork()
    if child == 0:
        try:
            wiring.units.on_step = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None
            with wiring.units.write(OWNER) as uow:
                act(uow)
        except BaseException:  # noqa: BLE001  (the child must never get back into the test run)
            traceback.print_exc(file=sys.stderr)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"it ended by itself before '{step}'"
    assert os.WTERMSIG(status) == signal.SIGKILL

"""One unit of work in a process of its own that ends itself with SIGKILL at a named step: `spike.py HOME STEP NUMBER`."""

import os
import signal
import sys
from pathlib import Path

from sqlalchemy import text

from calcifer.kit.db import Database
from calcifer.kit.git.repository import HEADS
from calcifer.kit.git.trees import Blob
from calcifer.kit.uow import Actor, Units

ACTOR = Actor("Ada", "ada@example.org")
STEPS = ("locked", "planned", "prepared", "database committed", "refs committed", "followed", "cleared")


def units(home: Path, step: str = "") -> Units:
    """Units over `home`/db.sqlite that die at `step`."""

    def on_step(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return Units(Database(f"sqlite:///{home}/db.sqlite"), home / "var", on_step=on_step)


def change(made: Units, home: Path, number: int) -> None:
    """Put `number` into the database, into two files of main in two repositories, and a branch beside it."""
    with made.write(ACTOR) as uow:
        uow.db.execute(text("INSERT INTO marks (number) VALUES (:n)"), {"n": number})
        for name in ("one", "two"):
            repository = uow.refs.open(home / name)
            tip = repository.branch("main")
            assert tip
            blob = Blob(repository.write_blob(f"{number}\n".encode()))
            tree = repository.edit(tip, {"number": blob, f"more/{number}": blob})
            commit = repository.write_commit(tree, [tip], f"Number {number}", ACTOR.person, uow.now)
            repository.propose(HEADS + "main", tip, commit)
            repository.propose(f"refs/calcifer/items/{number}", None, commit)


if __name__ == "__main__":
    where = Path(sys.argv[1])
    change(units(where, sys.argv[2]), where, int(sys.argv[3]))

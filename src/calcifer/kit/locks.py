"""The only place for the lock that makes writers of one workspace take turns, over threads and processes."""

import fcntl
import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from calcifer.kit.errors import Unavailable


class WriteLock:
    """An exclusive lock on a file; the kernel gives it back when its holder dies, however it dies.

    One lock for the whole workspace and not one per repository: it is held from before the transaction begins until checkouts
    have followed, so that nobody ever sees the database ahead of git, and no order of locks can deadlock.
    """

    def __init__(self, path: Path, *, patience_seconds: float = 60) -> None:
        """Use the file at `path`, made when missing; `patience_seconds` is how long `with` waits."""
        self._path = path
        self._patience = patience_seconds
        self._thread = threading.Lock()
        self._file = -1

    def __enter__(self) -> Self:
        """Wait for the lock; raises Unavailable when somebody held it all the time."""
        deadline = time.monotonic() + self._patience
        if not self._thread.acquire(timeout=self._patience):
            raise self._held()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            pause = 0.001
            while True:
                try:
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise self._held() from None
                    time.sleep(pause)
                    pause = min(pause * 2, 0.02)
                else:
                    return self
        except BaseException:
            self._close()
            self._thread.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the lock back."""
        self._close()
        self._thread.release()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _held(self) -> Unavailable:
        return Unavailable(f"Another writer held {self._path} for {self._patience:.0f} seconds: try again.")

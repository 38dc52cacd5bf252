"""The only place for locks on files: writers of one workspace take turns, and one server has it, over threads and processes."""

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
            self._file = _made(self._path)
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


def _made(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


class Tenure:
    """A file that one process holds as long as it lives, with a text that says who that is."""

    def __init__(self, path: Path) -> None:
        """Use the file at `path`, made when it is taken."""
        self.path = path
        self._file = -1

    def take(self, text: str, *, patience_seconds: float = 0) -> bool:
        """Hold the file and write `text` into it; False where somebody else holds it all the time."""
        file = _made(self.path)
        deadline = time.monotonic() + patience_seconds
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                os.close(file)
                return False
            time.sleep(0.02)  # who only looks (`holder`) has it for an instant, too
        os.ftruncate(file, 0)
        os.write(file, text.encode())
        self._file = file
        return True

    def give(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def holder(self) -> str | None:
        """Return the text of who holds the file, or None where nobody does."""
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return None if _locked(file, fcntl.LOCK_SH) else os.read(file, 4096).decode(errors="replace")
        finally:
            os.close(file)


def _locked(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

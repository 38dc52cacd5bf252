"""The only place that says where the log goes: `var/logs/calcifer.log`, and standard error for the server."""

import logging
from logging.handlers import WatchedFileHandler
from pathlib import Path

LARGEST_BYTES = 10_000_000
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def to_file(var: Path, *, also_stderr: bool = False) -> Path:
    """Let warnings and what is unexpected go to the log in `var`, and return its path."""
    path = var / "logs" / "calcifer.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST_BYTES:
        path.replace(path.with_suffix(".log.1"))  # who has it open follows (WatchedFileHandler)
    handlers: list[logging.Handler] = [WatchedFileHandler(path, encoding="utf-8", errors="replace", delay=True)]
    handlers += [logging.StreamHandler()] if also_stderr else []
    logging.basicConfig(level=logging.WARNING, format=_FORM, handlers=handlers, force=True)
    return path

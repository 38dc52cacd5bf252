"""The only place that reads CALCIFER_* variables."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from calcifer.kit.errors import Invalid


@dataclass(frozen=True)
class Settings:
    """Every setting, from the environment; there is no configuration file."""

    home: Path
    """CALCIFER_HOME: the workspace, `~/calcifer` by default."""
    host: str
    """CALCIFER_HOST: the address to listen on, 127.0.0.1 by default."""
    port: int
    """CALCIFER_PORT: the TCP port to listen on, 8000 by default."""
    database_url: str
    """CALCIFER_DATABASE_URL: an SQLAlchemy URL; SQLite in the workspace by default, or postgresql+psycopg://…"""
    updates_hours: int = 24
    """CALCIFER_UPDATES_HOURS: how often registries are asked by themselves; 0 is never."""
    plain_registries: frozenset[str] = frozenset()
    """CALCIFER_PLAIN_REGISTRIES: registries (`host:port`, with commas) that are asked without TLS."""

    @property
    def var(self) -> Path:
        """Calcifer's own directory in the workspace: database, keys, worktrees, backups, logs."""
        return self.home / "var"


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; raises Invalid with the variable's name where one cannot be used."""
    values = os.environ if environment is None else environment
    home = Path(values.get("CALCIFER_HOME") or "~/calcifer").expanduser().absolute()
    port = values.get("CALCIFER_PORT") or "8000"
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise Invalid.field("CALCIFER_PORT", f"CALCIFER_PORT is a number from 1 to 65535, not '{port}'.")
    url = values.get("CALCIFER_DATABASE_URL") or f"sqlite:///{home / 'var' / 'calcifer.sqlite'}"
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise Invalid.field(
            "CALCIFER_DATABASE_URL", "CALCIFER_DATABASE_URL begins with sqlite:/// or postgresql+psycopg://."
        )
    hours = values.get("CALCIFER_UPDATES_HOURS") or "24"
    if not (hours.isascii() and hours.isdigit() and int(hours) <= 8760):
        raise Invalid.field(
            "CALCIFER_UPDATES_HOURS",
            f"CALCIFER_UPDATES_HOURS is a number of hours from 0 (never) to 8760, not '{hours}'.",
        )
    plain = frozenset(filter(None, re.split(r"[,\s]+", values.get("CALCIFER_PLAIN_REGISTRIES") or "")))
    host = values.get("CALCIFER_HOST") or "127.0.0.1"
    return Settings(home, host, int(port), url, int(hours), plain)

"""The only place that reads CALCIFER_* variables."""

import os
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
    return Settings(home, values.get("CALCIFER_HOST") or "127.0.0.1", int(port), url)

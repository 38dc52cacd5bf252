"""What was said on hosts, run by run, as far as it was brought here."""

from pathlib import Path

from calcifer.deployments.schemas import RunLog
from calcifer.deployments.service.lasting import logs, plain

SHOWN_BYTES = 200_000
"""How much of the end of each is shown."""


def read(var: Path, deployment_id: int) -> list[RunLog]:
    """Return the runs of a deployment, oldest first, with the end of what each said."""
    return [RunLog(name=name_of(path), text=_text(path)) for path in files(var, deployment_id)]


def files(var: Path, deployment_id: int) -> list[Path]:
    """Return the files of a deployment's runs, oldest first."""
    return sorted(logs(var).glob(f"{deployment_id}-*.log"), key=lambda path: path.stat().st_mtime)


def name_of(path: Path) -> str:
    """Return what the run of a file is called."""
    return path.stem.partition("-")[2]


def _text(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - SHOWN_BYTES, 0))
        return plain(file.read())

"""What was said on hosts, run by run, as far as it was brought here."""

import re
from pathlib import Path

from calcifer.deployments.schemas import RunLog
from calcifer.deployments.service.carrying import logs

SHOWN_BYTES = 200_000
"""How much of the end of each is shown."""
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def read(var: Path, deployment_id: int) -> list[RunLog]:
    """Return the runs of a deployment, oldest first, with the end of what each said."""
    found = sorted(logs(var).glob(f"{deployment_id}-*.log"), key=lambda path: path.stat().st_mtime)
    return [RunLog(name=path.stem.partition("-")[2], text=_text(path)) for path in found]


def _text(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - SHOWN_BYTES, 0))
        said = file.read().decode("utf-8", "replace")
    plain = _TERMINAL.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else "\N{REPLACEMENT CHARACTER}" for letter in plain
    )

"""A host that is this machine, with an engine that says what was recorded on a real one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.hosts import service as hosts
from calcifer.hosts.schemas import Kept
from calcifer.wiring import Wiring
from tests.owner import OWNER

RECORDED = (Path(__file__).parent / "recorded" / "look.txt").read_text()
DOCKER = """#!/bin/sh
# Answers as docker does, with the lines of ENGINE.
tell() { grep "^$1	" "$ENGINE"; }
case "$1 $2 $3" in
  'version --format'*) tell engine_version | cut -f 2 ;;
  'ps --all --quiet') n=$(tell container | wc -l); while [ "$n" -gt 0 ]; do echo "$n"; n=$((n - 1)); done ;;
  'inspect --type container') shift 5; lines=; for id; do lines="$lines -e ${id}p"; done; tell container | sed -n $lines ;;
  'inspect --type image') tell image ;;
  'image ls --quiet') echo 1 ;;
  'network ls --format') tell network ;;
  'ps --all --filter') tell label | cut -f 2- ;;
  *) echo "unknown: $*" >&2; exit 1 ;;
esac
"""
Engine = Callable[[str], None]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Let this machine have an engine that says these lines: `engine(RECORDED)`."""
    programs, lines = tmp_path / "programs", tmp_path / "engine"
    programs.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setenv("ENGINE", str(lines))

    def say(text: str) -> None:
        lines.write_text(text)

    say(RECORDED)
    return say


@pytest.fixture
def here(wiring: Wiring, tmp_path: Path) -> str:
    """This machine as the host `here`."""
    with wiring.units.write(OWNER) as uow:
        values = {"name": "here", "target": "", "directory": str(tmp_path / "stacks"), "note": "", "key": None}
        hosts.restore(uow, Kept.model_validate(values | {"pinned_at": None, "added_at": uow.now, "replaced_at": None}))
    return "here"

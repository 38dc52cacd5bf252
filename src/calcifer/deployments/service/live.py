"""Follows a deployment while it goes on: how far it is, and what is said on its host, from the files that the run writes."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from calcifer.deployments.queries import runs as queries
from calcifer.deployments.service import lasting, logs
from calcifer.kit.uow import Actor, Units

LOOK_SECONDS = 0.5
PIECE_BYTES = 65_536
SILENT_LOOKS = 30
"""After so many looks without anything new a sign of life is sent."""


async def events(units: Units, actor: Actor, var: Path, deployment_id: int) -> AsyncGenerator[dict[str, Any] | None]:
    """Yield phase and state as they change, and pieces of what runs say; it ends with the deployment."""
    known: dict[str, int] = {}
    before, silent = None, 0
    while True:
        now = await asyncio.to_thread(_standing, units, actor, deployment_id)
        said = await asyncio.to_thread(_pieces, var, deployment_id, known)
        if now != before:
            before = now
            yield {"state": now[0], "phase": now[1]}
        for run, text in said:
            yield {"run": run, "text": text}
        if now[2] and not said:
            return
        silent = 0 if said else silent + 1
        if silent % SILENT_LOOKS == SILENT_LOOKS - 1:
            yield None
        await asyncio.sleep(0 if said else LOOK_SECONDS)


def _standing(units: Units, actor: Actor, deployment_id: int) -> tuple[str, str, bool]:
    with units.read(actor) as uow:
        run = queries.get_deployment(uow.db, deployment_id).run
        return run.state, run.phase, run.is_finished


def _pieces(var: Path, deployment_id: int, known: dict[str, int]) -> list[tuple[str, str]]:
    """Return what is new in each file, by run; `known` says up to where it was read, and follows."""
    found = []
    for path in logs.files(var, deployment_id):
        size = path.stat().st_size
        at = known.get(path.name, max(size - logs.SHOWN_BYTES, 0))
        with path.open("rb") as file:
            file.seek(at)
            piece = file.read(PIECE_BYTES)
            if len(piece) == PIECE_BYTES:  # the rest of the line comes with the next piece, no letter in two
                piece = piece[: piece.rfind(b"\n") + 1] or piece
        if piece:
            known[path.name] = at + len(piece)
            found.append((logs.name_of(path), lasting.plain(piece)))
    return found

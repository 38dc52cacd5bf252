"""How long an examination takes: 200 services are looked at in seconds."""

import shutil
from pathlib import Path

import pytest

from calcifer.doctor import examination
from calcifer.kit.diagnosis import Ward
from calcifer.services import service as catalog
from calcifer.wiring import Wiring
from tests.owner import OWNER
from tests.pace import at_most
from tests.work import factories


@pytest.mark.slow
def test_200_services_take_seconds(ward: Ward, wiring: Wiring, web: Path) -> None:
    factories.git(web, "gc", "-q")
    left_out = shutil.ignore_patterns("hooks", "worktrees", "calcifer", "logs")
    for number in range(200):
        shutil.copytree(web, ward.home / f"s{number:03d}", ignore=left_out)
    with wiring.units.write(OWNER) as uow:
        for number in range(200):
            catalog.register(uow, ward.home / f"s{number:03d}")
    with at_most(10):
        examination.examine(ward, reads_all=False)

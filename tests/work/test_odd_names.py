"""File names that are no UTF-8, as old archives and Latin-1 systems leave them, take part in every verb."""

import os
from pathlib import Path

import pytest

from calcifer.kit.errors import Invalid
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import NewChange
from tests.owner import OWNER
from tests.work import factories

CAFE = os.fsdecode(b"caf\xe9")


def test_an_odd_name_like_a_secret_s_is_told(wiring: Wiring, web: Path) -> None:
    (web / f"{CAFE}.key").write_text("secret\n")
    with pytest.raises(Invalid, match="named like a private key"), wiring.units.write(OWNER) as uow:
        work.change(uow, NewChange(service="web", reason="A key."))


@pytest.mark.parametrize("name", [CAFE, f"{CAFE}/{CAFE}", f"docs/{CAFE}", "new\nline", " "])
def test_edits_in_the_checkout(wiring: Wiring, web: Path, name: str) -> None:
    file = web / name
    file.parent.mkdir(exist_ok=True)
    for content in ("one\n", "two\n", None):  # new, changed, removed
        file.write_text(content) if content else file.unlink()
        with wiring.units.write(OWNER) as uow:
            item, _ = work.change(uow, NewChange(service="web", reason=f"Say {content}."))
            assert item.state == "completed"
        assert factories.git(web, "status", "--porcelain") == ""
        factories.git(web, "fsck", "--strict")
        with wiring.units.read(OWNER) as uow:
            assert factories.journal(uow.db) == []

"""Adopting: what is there becomes services, and stays as it is."""

from pathlib import Path

from calcifer.kit.uow import Actor
from calcifer.services import queries
from calcifer.services.planning import Wish
from calcifer.services.service import adoption
from calcifer.wiring import Wiring
from tests.conftest import Git
from tests.services.samples import cloned, snapshot


def test_39_directories_become_39_services(wiring: Wiring, home: Path, tmp_path: Path, actor: Actor, git: Git) -> None:
    source = cloned(tmp_path / "awesome-compose")
    before = snapshot(source, without=())
    report = adoption.carry_out(wiring.units, actor, home, Wish((str(source),), directories=True))
    assert (len(report.adopted), report.failed) == (39, [])
    assert snapshot(source, without=()) == before
    with wiring.units.read(actor) as uow:
        paths = dict(queries.list_paths(uow.db))
    folders = {path.name.lower(): path for path in source.iterdir() if (path / ".").is_dir()}
    for name, path in paths.items():
        mine, theirs = snapshot(Path(path)), snapshot(folders[name])
        assert {key: mine[key] for key in theirs} == theirs
        assert {key for key in mine if key not in theirs} <= {
            b".calcifer", b".calcifer/service.yaml", b"CHANGES.md", b".gitignore"
        }  # fmt: skip
        assert git(Path(path), "status", "--porcelain") == ""
        git(Path(path), "fsck", "--strict")
    again = adoption.carry_out(wiring.units, actor, home, Wish((str(source),), directories=True))
    assert (again.adopted, len(again.unchanged), again.failed) == ([], 39, [])

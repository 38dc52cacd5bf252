"""Many repositories, as the benchmark makes them: `make bench ARGS=rebuild` measures 1,000 with 10,000 records."""

from pathlib import Path

from bench import rebuilding

from calcifer import config
from calcifer.kit.db import Database
from calcifer.rebuild import service
from calcifer.work import queries
from tests.owner import OWNER


def test_all_of_them_come_back(tmp_path: Path) -> None:
    home = tmp_path / "calcifer"
    paths = rebuilding.workspace(home, services=4, each=3)
    settings = config.read({"CALCIFER_HOME": str(home)})
    report = service.rebuild(settings, OWNER)
    assert (report.services, report.completed, report.strays, report.unread) == (4, 12, 0, [])
    assert all(rebuilding.read_by_git(path) > 9000 for path in paths)
    database = Database(settings.database_url)
    with database.reading() as session:
        item = queries.get_item(session, 12)
        assert (item.title, item.service.name, item.revision) == (
            "Pin the image of part 12 to its digest",
            "service-0003",
            8,
        )
        assert [line.done for line in item.checklist] == [True] * 5
        assert queries.next_number(session) == 13
    database.close()

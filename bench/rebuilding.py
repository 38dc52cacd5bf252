"""Making the database anew from 1,000 repositories with ten records each."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.data import COMPOSE, OWNER, git
from bench.timing import SECONDS, Line, Samples, timed
from calcifer import config
from calcifer.rebuild import service
from calcifer.services.adopted import REF
from calcifer.work import records
from calcifer.work.branches import branch_name, record_path
from calcifer.work.records import Judged, Made, Record, Tick

SERVICES, EACH = 1000, 10
TARGET_SECONDS = 60.0
TIMES = 3
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
WHO = f"{OWNER.name} <{OWNER.mail}>"
RULES = (
    "commits",
    "merge",
    "checklist",
    "notes",
    "entry",
    "records",
    "descriptor",
    "compose",
    "documentation",
    "secrets",
)


def measure(home: Path) -> list[Line]:
    """Rebuild some times; git reads the merges and records of the same repositories, two processes each."""
    paths = workspace(home, services=SERVICES, each=EACH)
    settings = config.read({"CALCIFER_HOME": str(home)})

    def rebuild() -> None:
        done = service.rebuild(settings, OWNER)
        assert (done.services, done.completed, done.unread) == (SERVICES, SERVICES * EACH, []), done.unread[:3]

    samples = timed(rebuild, TIMES)
    peer = Samples([timed(lambda: [read_by_git(path) for path in paths]).median])
    what = f"rebuild of {SERVICES:,} services with {SERVICES * EACH:,} records"
    ran = "log --merges and cat-file --batch of the records for each"
    return [Line(what, samples.median, samples.noise, TARGET_SECONDS, SECONDS, peer.median, ran)]


def read_by_git(path: Path) -> int:
    """Let git print every record of a repository, and return its bytes."""
    merges = git(path, "log", "--first-parent", "--merges", "--format=%H %s", "main").splitlines()
    wanted = [f"{merge[:40]}:{record_path(_number(merge), _title(merge))}\n" for merge in merges]
    return len(git(path, "cat-file", "--batch", given="".join(wanted).encode()))


def _number(subject: str) -> int:
    return int(subject.rpartition("(#")[2].rstrip(")"))


def _title(subject: str) -> str:
    return subject.partition(": ")[2].rpartition(" (#")[0]


def workspace(home: Path, *, services: int, each: int) -> list[Path]:
    """Make repositories with `each` completed items, as the program leaves them; return where they are."""
    home.mkdir()
    git(home, "init", "-q", "--bare", "-b", "main", "--template=", "model")
    paths = []
    for at in range(services):
        path = home / f"service-{at:04d}"
        shutil.copytree(home / "model", path / ".git")
        git(path, "config", "core.bare", "false")
        git(
            path,
            "-c",
            "core.fsync=none",
            "fast-import",
            "--quiet",
            given="".join(_history(path.name, at * each, each)).encode(),
        )
        paths.append(path)
    shutil.rmtree(home / "model")
    return paths


def _history(name: str, before: int, each: int) -> Iterator[str]:
    readme = f"# {name}\n\nOne of many services that keep the house running.\n"
    descriptor = f"title: {name}\nkind: application\nowner: ada\n"
    yield _commit("refs/heads/main", 1, BEGAN, "Begin", {"README.md": readme, "docker-compose.yml": COMPOSE,
        ".calcifer/service.yaml": descriptor, "CHANGES.md": "# Changes\n"})  # fmt: skip
    said = f"Adopt {name}\n\nService: {name}\nMain: main\nAdopted-At: {BEGAN.isoformat()}\n"
    yield _commit(REF, 2, BEGAN, said, {}, "from :1\n")
    main, mark = 1, 3
    for number in range(before + 1, before + each + 1):
        record = _record(number, name)
        yield _commit(f"refs/heads/{record.branch}", mark, record.opened_at, f"Change\n\nWork-Item: {number}\n",
            {f"part{number % 20}.txt": f"{number}\n"}, f"from :{main}\n")  # fmt: skip
        message = f"{record.kind}: {record.title} (#{number})\n\n{record.reason}\n\nWork-Item: {number}\n"
        files = {record_path(number, record.title): records.render(record), f"part{number % 20}.txt": f"{number}\n"}
        assert record.completed_at
        yield _commit(
            "refs/heads/main", mark + 1, record.completed_at, message, files, f"from :{main}\nmerge :{mark}\n"
        )
        yield f"reset refs/heads/{record.branch}\nfrom {'0' * 40}\n\n"
        main, mark = mark + 1, mark + 2


def _record(number: int, name: str) -> Record:
    at = BEGAN + timedelta(minutes=number)
    title = f"Pin the image of part {number} to its digest"
    return Record(
        number=number,
        title=title,
        reason="The update of last week broke it, and nobody could say what had run before.",
        category="service",
        action="change",
        service=name,
        state="completed",
        author=OWNER.name,
        author_mail=OWNER.mail,
        opened_at=at,
        updated_at=at,
        branch=branch_name(number, title),
        notes="Tried on the test host.",
        completed_at=at,
        completed_by=OWNER.name,
        change="The image is pinned to its digest.",
        checklist=[Tick(f"Step {line} is done", OWNER.name, at) for line in range(5)],
        verdicts=[Judged(rule, "pass", "It is as it should be, and nothing has to be mended.") for rule in RULES],
        commits=[Made(f"{number:040x}", "Pin the image", OWNER.name)],
        revision=8,
    )


def _commit(ref: str, mark: int, at: datetime, message: str, files: dict[str, str], parents: str = "") -> str:
    lines = [f"commit {ref}\nmark :{mark}\ncommitter {WHO} {int(at.timestamp())} +0000\n", _data(message), parents]
    lines += [f"M 100644 inline {path}\n{_data(text)}" for path, text in files.items()]
    return "".join([*lines, "\n"])


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"

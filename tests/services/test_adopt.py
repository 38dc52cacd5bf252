"""Adopting: what is there becomes services, and stays as it is."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.accounts.permissions import NotAllowed
from calcifer.kit.db import Base
from calcifer.kit.errors import Invalid
from calcifer.kit.uow import Actor
from calcifer.services import queries, service
from calcifer.services.planning import Wish
from calcifer.services.service import adoption
from calcifer.services.service.adoption import Report
from calcifer.wiring import Wiring
from tests.conftest import Git, Ran
from tests.services.samples import cloned, snapshot, stack

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
Adopting = Callable[..., Report]


@pytest.fixture
def adopt(wiring: Wiring, home: Path, actor: Actor) -> Adopting:
    """Adopt at once: `adopt(path, in_place=True)`."""

    def run(
        *sources: Path | str, directories: bool | None = None, in_place: bool = False, name: str | None = None
    ) -> Report:
        wish = Wish(tuple(map(str, sources)), directories, in_place, name)
        return adoption.carry_out(wiring.units, actor, home, wish)

    return run


@pytest.fixture
def paths(wiring: Wiring, actor: Actor) -> Callable[[], dict[str, str]]:
    """Name and path of each service."""

    def look() -> dict[str, str]:
        with wiring.units.read(actor) as uow:
            return {name: path for name, path, _ in queries.list_places(uow.db)}

    return look


def repository(path: Path, git: Git, files: dict[str, str | bytes] | None = None) -> Path:
    """A repository with one commit of a compose file and `files`."""
    stack(path, files)
    git(path, "init", "-q")
    git(path, "add", "-A")
    git(path, "commit", "-qm", "Begin")
    return path


@pytest.mark.once
def test_39_directories_become_39_services(
    adopt: Adopting, paths: Callable[[], dict[str, str]], tmp_path: Path, git: Git
) -> None:
    source = cloned(tmp_path / "awesome-compose")
    before = snapshot(source, without=())
    report = adopt(source, directories=True)
    assert (len(report.adopted), report.failed) == (39, [])
    assert snapshot(source, without=()) == before
    folders = {path.name.lower(): path for path in source.iterdir() if (path / ".").is_dir()}
    for name, path in paths().items():
        mine, theirs = snapshot(Path(path)), snapshot(folders[name])
        assert {key: mine[key] for key in theirs} == theirs
        assert {key for key in mine if key not in theirs} <= {
            b".calcifer", b".calcifer/service.yaml", b"CHANGES.md", b".gitignore"
        }  # fmt: skip
        assert git(Path(path), "status", "--porcelain") == ""
        git(Path(path), "fsck", "--strict")
    again = adopt(source, directories=True)
    assert (again.adopted, len(again.unchanged), again.failed) == ([], 39, [])


def test_plain_directory_is_copied_and_committed(adopt: Adopting, home: Path, tmp_path: Path, git: Git) -> None:
    source = stack(
        tmp_path / "My Stack", {"run.sh": "#!/bin/sh\n", "crlf.txt": "a\r\n", "b/c d\ne": "x", "raw": b"\xff\0"}
    )
    (source / "run.sh").chmod(0o755)
    (source / "link").symlink_to("/etc/hostname")
    (source / os.fsdecode(b"n\xff")).write_text("odd")
    before = snapshot(source)
    assert adopt(source).adopted == ["my-stack"]
    made = home / "my-stack"
    assert snapshot(source) == before
    assert {key: value for key, value in snapshot(made).items() if key in before} == before
    assert git(made, "status", "--porcelain") == ""
    assert git(made, "log", "--format=%an %s %D") == "Ada Lovelace Adopt my-stack HEAD -> main"
    clone = made.parent / "clone"
    git(made, "clone", "-q", ".", str(clone))
    assert {key: value for key, value in snapshot(clone).items() if key in before} == before


def test_what_must_not_be_committed_is_not(adopt: Adopting, home: Path, tmp_path: Path, git: Git) -> None:
    compose = (
        "services:\n  db:\n    image: postgres:17\n    volumes: ['./pg:/var/lib/postgresql/data', './blob:/blob']\n"
    )
    files: dict[str, str | bytes] = {
        ".env": "A=1", ".env.production": "A=1", ".env.example": "A=", "app/.env": "A=1", "deploy": KEY, "tls.key": "k",
        "cert.pem": "-----BEGIN CERTIFICATE-----\nMII\n", "x.db": "", "app/y.sqlite3": "z", "real": b"SQLite format 3\0...",
        "pg/PG_VERSION": "17", "pg/base/1": b"\0", "blob/one": b"\0", "blob/two": b"\0", "big [1]*": b"x" * (10 * 1024 * 1024 + 1),
        "sub/.git/HEAD": "ref: refs/heads/main", "sub/.git/objects/x": "", "sub/.git/refs/x": "", "sub/file": "f",
        "app/.gitignore": "!.env\n*.tmp\n", "app/a.tmp": "t", ".gitignore": "cache", "cache/x": "c",
    }  # fmt: skip
    source = stack(tmp_path / "db", files, compose)
    assert adopt(source).adopted == ["db"]
    made = home / "db"
    assert git(made, "ls-files").split("\n") == [
        ".calcifer/service.yaml", ".env.example", ".gitignore", "CHANGES.md", "app/.gitignore", "cert.pem", "compose.yaml"
    ]  # fmt: skip
    assert git(made, "status", "--porcelain") == ""
    copied, there = snapshot(made, without=()), snapshot(source, without=())
    changed = {key for key in there if copied[key] != there[key]}
    assert changed <= {b".gitignore", b"app/.gitignore"}
    assert (made / ".gitignore").read_text().startswith("cache\n")


def test_directory_in_the_workspace_stays_where_it_is(adopt: Adopting, home: Path, git: Git) -> None:
    source = stack(home / "web", {".env": "A=1", "README.md": "# Web\n"})
    before = snapshot(source)
    assert adopt(source).adopted == ["web"]
    assert {key: value for key, value in snapshot(source).items() if key in before} == before
    assert git(source, "ls-files").split() == [
        ".calcifer/service.yaml",
        ".gitignore",
        "CHANGES.md",
        "README.md",
        "compose.yaml",
    ]
    assert git(source, "status", "--porcelain") == ""
    assert adopt(source).unchanged == ["web"]


def test_repository_in_the_workspace_is_only_registered(adopt: Adopting, home: Path, git: Git) -> None:
    source = repository(home / "web", git)
    (source / "compose.yaml").write_text("edited")
    before = snapshot(source, without=())
    assert adopt(source).adopted == ["web"]
    after = snapshot(source, without=())
    assert before.items() <= after.items()
    assert {Path(os.fsdecode(path)).parts[1] for path in after.keys() - before.keys()} == {"objects", "refs"}
    assert git(source, "for-each-ref", "--format=%(refname)", "refs/calcifer") == "refs/calcifer/adopted"


def test_repository_elsewhere_is_cloned(
    adopt: Adopting, paths: Callable[[], dict[str, str]], home: Path, tmp_path: Path, git: Git
) -> None:
    source = repository(tmp_path / "web", git)
    git(source, "remote", "add", "origin", "https://ada:secret@git.example.org/web.git")
    before = snapshot(source, without=())
    assert adopt(source).adopted == ["web"]
    assert snapshot(source, without=()) == before
    assert git(home / "web", "rev-parse", "HEAD") == git(source, "rev-parse", "HEAD")
    assert git(home / "web", "remote", "get-url", "origin") == "https://git.example.org/web.git"
    assert adopt(source).unchanged == ["web"]
    assert paths() == {"web": str(home / "web")}


def test_clone_of_a_path_without_origin_has_none(adopt: Adopting, home: Path, tmp_path: Path, git: Git) -> None:
    adopt(repository(tmp_path / "web", git))
    assert git(home / "web", "remote") == ""


def test_address_is_cloned_and_stays_origin(adopt: Adopting, home: Path, tmp_path: Path, git: Git) -> None:
    url = f"file://{repository(tmp_path / 'web', git)}"
    assert adopt(url).adopted == ["web"]
    assert git(home / "web", "remote", "get-url", "origin") == url
    assert adopt(url).unchanged == ["web"]


def test_address_that_does_not_answer_is_reported(adopt: Adopting, home: Path, tmp_path: Path) -> None:
    report = adopt(f"file://{tmp_path}/nothing.git", "ext::sh -c id", stack(tmp_path / "web"))
    assert report.adopted == ["web"]
    assert [source for source, _ in report.failed] == [f"file://{tmp_path}/nothing.git"]
    assert sorted(path.name for path in home.iterdir()) == ["var", "web"]
    assert list((home / "var" / "building").iterdir()) == []


def test_in_place_leaves_it_there(
    adopt: Adopting, paths: Callable[[], dict[str, str]], tmp_path: Path, git: Git
) -> None:
    one, two = repository(tmp_path / "one", git), stack(tmp_path / "two")
    assert adopt(one, two, in_place=True).adopted == ["one", "two"]
    assert paths() == {"one": str(one), "two": str(two)}
    assert git(two, "status", "--porcelain") == ""


def test_directory_of_repositories(adopt: Adopting, tmp_path: Path, git: Git) -> None:
    for name in ("one", "two"):
        repository(tmp_path / "all" / name, git)
    stack(tmp_path / "all" / "three")
    assert adopt(tmp_path / "all").adopted == ["one", "three", "two"]


def test_the_workspace_itself_is_looked_through(adopt: Adopting, home: Path, git: Git) -> None:
    repository(home / "one", git)
    stack(home / "two")
    assert adopt(home).adopted == ["one", "two"]


def test_a_source_that_changed_its_mind_is_not_copied_twice(adopt: Adopting, home: Path, tmp_path: Path) -> None:
    source = stack(tmp_path / "web")
    adopt(source)
    (source / "new").write_text("later")
    assert adopt(source).unchanged == ["web"]
    assert not (home / "web" / "new").exists()


def test_what_is_in_the_workspace_is_never_replaced(adopt: Adopting, home: Path, tmp_path: Path) -> None:
    (home / "web").mkdir()
    (home / "web" / "mine").write_text("mine")
    report = adopt(stack(tmp_path / "web"))
    assert (report.adopted, len(report.left_out)) == ([], 1)
    assert snapshot(home / "web") == {b"mine": ((home / "web" / "mine").stat().st_mode, b"mine")}


def test_nothing_is_written_through_a_link(adopt: Adopting, home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    source = stack(tmp_path / "web")
    (source / ".calcifer").symlink_to(elsewhere)
    assert len(adopt(source).failed) == 1
    assert list(elsewhere.iterdir()) == []
    assert not (home / "web").exists()


STEPS = {"clone": ("made", "in place"), "copy": ("copied", "made", "in place"), "begin": ("made", "in place")}


@pytest.mark.parametrize(
    ("kind", "step"), [(kind, step) for kind, steps in STEPS.items() for step in (*steps, "registered")]
)
def test_killed_it_is_done_by_the_next_run(
    wiring: Wiring, adopt: Adopting, home: Path, tmp_path: Path, actor: Actor, git: Git, kind: str, step: str
) -> None:
    parent = home if kind == "begin" else tmp_path
    source = repository(parent / "web", git) if kind == "clone" else stack(parent / "web", {".env": "A=1"})
    before = snapshot(source, without=())
    wiring.units.close()
    child = os.fork()
    if child == 0:
        try:
            die = {step: lambda: os.kill(os.getpid(), signal.SIGKILL)}
            adoption.carry_out(
                wiring.units, actor, home, Wish((str(source),)), mark=lambda name: die.get(name, lambda: None)()
            )
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    is_there = (home / "web" / ".git").exists()
    assert is_there == (step in ("in place", "registered"))
    if kind != "begin":
        assert (home / "web").exists() == is_there
    report = adopt(source)
    assert (report.adopted + report.unchanged, report.failed, report.left_out) == (["web"], [], [])
    after = snapshot(source, without=() if kind != "begin" else (".git",))
    assert {key: value for key, value in after.items() if key in before} == before
    assert git(home / "web", "status", "--porcelain") == ""
    git(home / "web", "fsck", "--strict")
    assert list((home / "var" / "building").iterdir()) == []


def test_member_adopts_only_what_is_in_the_workspace(wiring: Wiring, home: Path, tmp_path: Path) -> None:
    member = Actor("Bob", "bob@example.org", "member")
    (home / "link").symlink_to(tmp_path)
    with wiring.units.write(member) as uow:
        service.adopt(uow, home, Wish((str(stack(home / "web")),)))
        for source in (str(tmp_path), str(home / "link"), "../elsewhere", f"file://{tmp_path}"):
            with pytest.raises(NotAllowed):
                service.adopt(uow, home, Wish((source,)))


def test_repository_that_cannot_be_read_is_not_put_into_the_workspace(
    adopt: Adopting, home: Path, tmp_path: Path, git: Git
) -> None:
    source = stack(tmp_path / "new")
    git(source, "init", "-q", "--object-format=sha256")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "Begin")
    address = f"file://{source}"
    report = adopt(address)
    assert ([name for name, _ in report.failed], report.adopted) == ([address], [])
    assert len(adopt(source).left_out) == 1
    assert sorted(path.name for path in home.iterdir()) == ["var"]


@pytest.mark.parametrize(
    "source",
    ["https://ada:hunter2@example.org/x.git", "https://hunter2@example.org/x.git", "https://example.org/x?t=hunter2"],
)
def test_secret_in_an_address_is_refused_and_kept_nowhere(
    wiring: Wiring, home: Path, actor: Actor, api: TestClient, source: str
) -> None:
    with pytest.raises(Invalid), wiring.units.write(actor) as uow:
        service.adopt(uow, home, Wish((source,)))
    answer = api.post("/api/v1/services/adopt", json={"sources": [source]})
    assert answer.status_code == 422
    with wiring.units.read(actor) as uow:
        kept = [uow.db.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    assert "hunter2" not in answer.text + str(kept)


@pytest.mark.parametrize("source", ["", "  ", "a\0b", "\ud800", "x" * 5000])
def test_what_is_no_source_is_refused(wiring: Wiring, home: Path, actor: Actor, source: str) -> None:
    with wiring.units.write(actor) as uow, pytest.raises(Invalid):
        service.adopt(uow, home, Wish((source,)))


def test_page_shows_the_plan_then_the_progress_then_the_end(
    client: TestClient, wiring: Wiring, home: Path, tmp_path: Path
) -> None:
    source = stack(tmp_path / "web", {".env": "A=1"})
    plan = client.get("/services/adopt", params={"sources": str(source)})
    assert "copied into the workspace" in plan.text
    assert ".env" in plan.text
    assert not (home / "web").exists()
    promised = client.post("/services/adopt", data={"sources": str(source), "only": ["web"]})
    assert promised.url.path.startswith("/services/adoptions/")
    assert 'http-equiv="refresh"' in promised.text
    wiring.jobs.run_due()
    done = client.get(promised.url.path)
    assert "1 service adopted" in done.text
    assert 'http-equiv="refresh"' not in done.text
    assert (home / "web" / ".git").is_dir()


def test_page_says_what_is_wrong(client: TestClient) -> None:
    answer = client.post("/services/adopt", data={"sources": "  "})
    assert answer.status_code == 422
    assert 'id="sources-error">' in answer.text
    assert client.get("/services/adopt", params={"sources": "x", "name": "Not A Name"}).status_code == 200


def test_api_promises_and_tells(api: TestClient, wiring: Wiring, home: Path, tmp_path: Path) -> None:
    wish = {"sources": [str(stack(tmp_path / "web"))]}
    plan = api.post("/api/v1/services/plan", json=wish).json()
    assert [(step["name"], step["kind"]) for step in plan["steps"]] == [("web", "copy")]
    promised = api.post("/api/v1/services/adopt", json=wish)
    assert promised.status_code == 202
    wiring.jobs.run_due()
    done = api.get(f"/api/v1/services/adoptions/{promised.json()['id']}").json()
    assert (done["state"], done["adopted"]) == ("done", ["web"])
    assert api.get("/api/v1/services/adoptions/999").status_code == 404
    assert api.post("/api/v1/services/adopt", json={"sources": []}).status_code == 422


def test_command_adopts(calcifer: Callable[..., Ran], home: Path, tmp_path: Path) -> None:
    source = stack(tmp_path / "web", {".env": "A=1"})
    planned = calcifer("services", "plan", str(source))
    assert "web\tcopied into the workspace" in planned.out
    assert calcifer("adopt", str(source)).out == "web\n"
    assert calcifer("adopt", str(source)).code == 0
    assert calcifer("adopt", str(tmp_path / "missing")).code == 5
    assert (home / "web" / ".git").is_dir()


def test_repository_without_commits_gets_its_first(adopt: Adopting, home: Path, git: Git) -> None:
    git(stack(home / "web", {".env": "A=1"}), "init", "-q", "-b", "trunk")
    report = adopt(home / "web")
    assert (report.adopted, report.withheld) == (
        ["web"],
        [("web/.env", "holds the values of variables, often passwords")],
    )
    assert git(home / "web", "status", "--porcelain", "--branch") == "## trunk"


def test_descriptor_is_committed_whatever_is_ignored(adopt: Adopting, home: Path, tmp_path: Path, git: Git) -> None:
    adopt(stack(tmp_path / "web", {".gitignore": "*\n!compose.yaml\n"}))
    assert git(home / "web", "ls-files").split() == [
        ".calcifer/service.yaml", ".gitignore", "CHANGES.md", "compose.yaml"
    ]  # fmt: skip

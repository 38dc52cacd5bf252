"""The plan of taking a repository apart: what each history is, what is found in it, what stays, and what cannot be done."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.services.planning import Known, Plan, Step, Wish, plan
from tests.conftest import Git, Ran
from tests.services.samples import NGINX, cloned, snapshot, stack

Planning = Callable[..., Plan]
TOKEN = "ghp_" + "x7Kd02mQ" * 4 + "a1B2"


@pytest.fixture
def look(home: Path) -> Planning:
    """Plan: `look(path, known={…}, limit_bytes=…)`."""

    def run(
        *sources: Path,
        known: dict[str, str] | None = None,
        directories: bool | None = True,
        in_place: bool = False,
        limit_bytes: int | None = None,
    ) -> Plan:
        wish = Wish(tuple(map(str, sources)), directories, in_place)
        return plan(wish, home, Known(known or {}), limit_bytes=limit_bytes)

    return run


@pytest.fixture
def stacks(tmp_path: Path, git: Git) -> Path:
    """A repository with the services `web` and `db`, and a secret in the history of `web`."""
    path = tmp_path / "stacks"
    for name in ("web", "db"):
        stack(path / name)
    git(path, "init", "-q", "-b", "main")
    commit(git, path, "Begin", {"README.md": "# Stacks\n", ".github/x": "x"})
    commit(git, path, "Leak", {"web/config.py": f"# first\ntoken = '{TOKEN}'\n", "web/.env": "PASSWORD=whale\n"})
    git(path, "rm", "-q", "web/config.py", "web/.env")
    git(path, "commit", "-qm", "Take it back")
    return path


def commit(git: Git, path: Path, message: str, files: dict[str, str | bytes]) -> None:
    """Write files and commit everything."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    git(path, "add", "-A")
    git(path, "commit", "-qm", message)


def step(made: Plan, name: str) -> Step:
    """The step of a service."""
    return next(one for one in made.steps if one.name == name)


def test_bundle_is_planned(look: Planning, tmp_path: Path) -> None:
    source = cloned(tmp_path / "awesome-compose")
    before = snapshot(source, without=())
    made = look(source)
    assert snapshot(source, without=()) == before
    assert {one.kind for one in made.steps} == {"split"}
    angular = step(made, "angular").past
    assert angular
    assert (angular.commits, angular.former, angular.finds) == (25, ("samples/angular",), ())
    assert angular.size_bytes > 1_000_000
    finds = {one.name: [find.path for find in one.past.finds] for one in made.steps if one.past and one.past.finds}
    assert finds == {name: [".env"] for name in ("pihole-cloudflared-doh", "plex", "postgresql-pgadmin", "wireguard")}
    assert made.stays[0].reason.startswith(".gitattributes, .github/, CONTRIBUTING.md")


def test_secret_that_was_taken_back_is_found_with_line_and_commit(look: Planning, stacks: Path, git: Git) -> None:
    past = step(look(stacks), "web").past
    assert past
    leak = git(stacks, "rev-parse", "main~1")
    assert [(find.path, find.line, find.commit) for find in past.finds] == [
        (".env", None, leak),
        ("config.py", 2, leak),
    ]
    assert past.finds[0].reason == "holds the values of variables, often passwords"
    assert "GitHub token" in past.finds[1].reason
    assert TOKEN not in str(past)


def test_secret_that_stays_is_found_once_and_a_new_one_where_it_came(look: Planning, stacks: Path, git: Git) -> None:
    other = TOKEN.replace("a1B2", "b2C3")
    for number, text in enumerate([f"a = '{TOKEN}'", f"# new\na = '{TOKEN}'", f"a = '{TOKEN}'\nb = '{other}'"]):
        commit(git, stacks, f"Version {number}", {"db/config.py": f"{text}\n"})
    past = step(look(stacks), "db").past
    assert past
    first, _, third = git(stacks, "rev-list", "--reverse", "-3", "main").split()
    assert [(find.line, find.commit) for find in past.finds] == [(1, first), (2, third)]


def test_large_file_is_found_with_its_commit(look: Planning, stacks: Path, git: Git) -> None:
    commit(git, stacks, "Large", {"db/dump.bin": b"x" * (10 * 1024 * 1024 + 1)})
    past = step(look(stacks), "db").past
    assert past
    assert [(find.path, find.reason, find.commit) for find in past.finds] == [
        ("dump.bin", "is over 10 MB (10 MB)", git(stacks, "rev-parse", "main"))
    ]


def test_plan_says_where_it_did_not_look_through_everything(look: Planning, stacks: Path) -> None:
    past = step(look(stacks, limit_bytes=10), "web").past
    assert past
    assert not past.is_looked_through
    assert "adopting looks for secrets in all of it" in " ".join(past.notes)
    assert past.commits == 3


def test_what_stays_is_said(look: Planning, stacks: Path, git: Git) -> None:
    git(stacks, "tag", "data", git(stacks, "rev-parse", "main:README.md"))
    git(stacks, "branch", "merged")
    git(stacks, "checkout", "-qb", "feature")
    commit(git, stacks, "Ahead", {"web/x": "x"})
    git(stacks, "checkout", "-q", "main")
    (stacks / "web" / "compose.yaml").write_text("edited")
    git(stacks, "stash", "-q")
    assert [one.reason for one in look(stacks).stays] == [
        ".github/, README.md belong to no service that is taken out.",
        "The branch feature is not taken along: 1 of its commits are not on main.",
        "data are tags from before these services, or of no commit.",
        "Stashed edits stay there.",
    ]


def test_folder_within_another_service_is_left_out(look: Planning, stacks: Path, git: Git) -> None:
    commit(git, stacks, "Deeper", {"web/admin/compose.yaml": NGINX})
    made = look(stacks, stacks / "web" / "admin", directories=True)
    made = look(stacks / "web", stacks / "web" / "admin", directories=False)
    assert [one.name for one in made.steps] == ["web"]
    assert made.left_out[0].reason == f"lies in {stacks}/web, which the service 'web' is made of"
    assert made.left_out[0].mend == "A service's folder cannot lie in another's: adopt one of both, with --only."


@pytest.mark.parametrize(("first", "second"), [("web", "web/admin"), ("web/admin", "web")])
def test_folder_around_or_within_a_service_that_is_there_is_left_out(
    look: Planning, stacks: Path, home: Path, git: Git, first: str, second: str
) -> None:
    commit(git, stacks, "Deeper", {"web/admin/compose.yaml": NGINX})
    (home / "there" / ".git").mkdir(parents=True)
    (home / "there" / ".git" / "calcifer-source").write_text(str(stacks / first))
    made = look(stacks / second, directories=False, known={"there": str(home / "there")})
    assert (made.steps, len(made.left_out)) == ([], 1)
    assert "which the service 'there' is made of" in made.left_out[0].reason


def test_in_place_they_stay_folders(look: Planning, stacks: Path) -> None:
    made = look(stacks, in_place=True)
    assert {step.kind for step in made.steps} == {"track", "rest"}


def test_what_cannot_come_along_is_a_note(look: Planning, stacks: Path, git: Git) -> None:
    commit(git, stacks, "Rules", {".gitattributes": "*.bin -text\n"})
    commit(git, stacks, "Large", {"web/big": "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n"})
    git(stacks, "update-index", "--add", "--cacheinfo", f"160000,{git(stacks, 'rev-parse', 'HEAD')},web/module")
    git(stacks, "commit", "-qm", "Module")
    notes = " ".join(step(look(stacks), "web").notes)
    assert "1 versions of files are pointers of git LFS" in notes
    assert "The rules in .gitattributes do not come along." in notes
    assert "module is a submodule" in notes


def test_no_program_of_the_repository_is_started(look: Planning, stacks: Path, tmp_path: Path, git: Git) -> None:
    commit(git, stacks, "Attributes", {".gitattributes": "* filter=evil\n"})
    for name in ("clean", "smudge", "process"):
        git(stacks, "config", f"filter.evil.{name}", f"touch {tmp_path}/started")
    git(stacks, "config", "core.fsmonitor", f"touch {tmp_path}/started")
    (stacks / "web" / "compose.yaml").write_text(NGINX.replace("1.27", "1.28"))
    made = look(stacks)
    assert [one.path for one in step(made, "web").withheld] == ["compose.yaml"]
    assert not (tmp_path / "started").exists()


def test_damaged_repository_is_left_out_with_a_sentence(look: Planning, stacks: Path, git: Git) -> None:
    tree = git(stacks, "rev-parse", "main^{tree}")
    (stacks / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    made = look(stacks)
    assert made.steps == []
    assert "damaged or cannot be read" in made.left_out[0].reason


def test_page_shows_history_finds_and_what_stays(client: TestClient, stacks: Path) -> None:
    shown = client.get("/services/adopt", params={"sources": str(stacks), "directories": "each"}).text
    for text in (
        "gets a repository of its own, with its history",
        "3 commits",
        "2 finds in its history",
        "Stays where it is",
    ):
        assert text in shown
    assert TOKEN not in shown


def test_api_tells_the_same(api: TestClient, stacks: Path) -> None:
    made = api.post("/api/v1/services/plan", json={"sources": [str(stacks)], "directories": "each"}).json()
    web = next(one for one in made["steps"] if one["name"] == "web")
    assert (web["kind"], web["history"]["commits"], web["history"]["find_count"]) == ("split", 3, 2)
    assert made["stays"][0]["reason"] == ".github/, README.md belong to no service that is taken out."


def test_command_plans_adopts_and_tells_what_it_found(calcifer: Callable[..., Ran], home: Path, stacks: Path) -> None:
    planned = calcifer("services", "plan", "--directories", stacks)
    assert "3 commits (0 merges)" in planned.out
    assert "web/config.py, line 2" in planned.out
    done = calcifer("adopt", "--directories", stacks)
    assert (done.code, done.out) == (0, "db\nweb\n")
    assert "In the history: web/config.py, line 2, since" in done.err
    assert TOKEN not in planned.out + done.out + done.err

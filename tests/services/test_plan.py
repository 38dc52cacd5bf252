"""The plan: what becomes a service, what stays out of its first commit, and why."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from calcifer.kit.git.founding import Candidates
from calcifer.kit.uow import Actor
from calcifer.services import planning
from calcifer.services.ignoring import appended, rule
from calcifer.services.mounts import Mount, mounts, secret_files
from calcifer.services.planning import Known, Plan, Wish, plan
from calcifer.services.withheld import withheld as kept_out
from tests.conftest import Git
from tests.pace import at_most
from tests.services.samples import cloned, snapshot, stack

Planning = Callable[..., Plan]


@pytest.fixture
def look(home: Path) -> Planning:
    """Plan: `look(path, directories=True)`."""

    def run(*sources: Path | str, known: dict[str, str] | None = None, directories: bool | None = None) -> Plan:
        return plan(Wish(tuple(map(str, sources)), directories), home, Known(known or {}))

    return run


def kinds(made: Plan) -> dict[str, str]:
    """Kind of each step by its name."""
    return {step.name: step.kind for step in made.steps}


def withheld(made: Plan) -> dict[str, str]:
    """Reason by path, of the only step."""
    (step,) = made.steps
    return {one.path: one.reason for one in step.withheld}


def test_repository_with_directories_asks(look: Planning, tmp_path: Path) -> None:
    source = cloned(tmp_path / "awesome-compose")
    made = look(source)
    assert made.steps == []
    assert "39 of its directories" in made.left_out[0].reason
    assert "--directories" in (made.left_out[0].mend or "")
    each = look(source, directories=True)
    assert len(each.steps) == 39
    assert [Path(one.source).name for one in each.left_out] == ["official-documentation-samples"]
    assert kinds(look(source, directories=False)) == {"awesome-compose": "clone"}


def test_nothing_is_changed(look: Planning, home: Path, tmp_path: Path) -> None:
    stack(tmp_path / "web", {".env": "A=1"})
    before = snapshot(tmp_path, without=())
    look(tmp_path / "web")
    assert snapshot(tmp_path, without=()) == before


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("nothing", "does not exist"),
        ("var", "belongs to Calcifer"),
        ("..", "contains the workspace"),
        ("/", "contains the workspace"),
        ("file", "is a file"),
        ("empty", "is empty"),
        ("~nobody-of-this-name/x", "cannot be used"),
        ("x" * 300, "cannot be used"),
        ("web/.git", "belongs to Calcifer or to git"),
        ("http://user:password@git.example.org/web.git", "A password does not belong"),
        ("ext::sh -c id://", "no address"),
    ],
)
def test_what_cannot_be_adopted_says_why(look: Planning, home: Path, git: Git, source: str, reason: str) -> None:
    for name in ("var", "empty"):
        (home / name).mkdir()
    (home / "file").write_text("x")
    git(stack(home / "web"), "init", "-q")
    made = look(source)
    assert (made.steps, len(made.left_out)) == ([], 1)
    assert reason in made.left_out[0].reason


def test_a_person_who_is_not_there_has_no_home(api: TestClient) -> None:
    assert api.post("/api/v1/services/plan", json={"sources": ["~nobodyatall/x"]}).status_code < 500


def test_names_that_clash_are_left_out(look: Planning, home: Path, tmp_path: Path) -> None:
    one, two = stack(tmp_path / "a" / "Web"), stack(tmp_path / "b" / "web")
    made = look(one, two, one)
    assert kinds(made) == {"web": "copy"}
    assert [one.reason for one in made.left_out] == [f"would be called 'web', as {one} is", "is named twice"]
    made = look(one, known={"web": "/elsewhere"})
    assert [one.reason for one in made.left_out] == ["would be called 'web', as the service at /elsewhere is"]


def test_directory_of_directories_is_seen(look: Planning, tmp_path: Path) -> None:
    for name in ("one", "two", "deep/three", "deep/four"):
        stack(tmp_path / "all" / name)
    (tmp_path / "all" / "notes").mkdir()
    (tmp_path / "all" / "notes" / "x").write_text("x")
    stack(tmp_path / "all" / "below" / "docker")
    made = look(tmp_path / "all")
    assert {step.name: step.compose for step in made.steps} == {
        "one": "compose.yaml", "two": "compose.yaml", "below": "docker/compose.yaml"
    }  # fmt: skip
    reasons = {Path(one.source).name: one.reason for one in made.left_out}
    assert reasons["notes"] == "has no compose file"
    assert "2 of its directories have one" in reasons["deep"]


def test_directory_without_compose_file_that_is_named_is_taken(look: Planning, tmp_path: Path) -> None:
    made = look(stack(tmp_path / "scripts", {"backup.sh": "x"}, compose=None))
    assert kinds(made) == {"scripts": "copy"}
    assert made.steps[0].notes == ("It has no compose file.",)


def test_repository_without_commits_gets_its_first(look: Planning, home: Path, tmp_path: Path, git: Git) -> None:
    for parent in (home, tmp_path):
        git(stack(parent / "web", {".env": "A=1"}), "init", "-q")
    made = look(home / "web")
    assert kinds(made) == {"web": "commit"}
    assert list(withheld(made)) == [".env"]
    assert look(tmp_path / "web").left_out[0].reason == "is a repository without commits"


def test_worktrees_and_submodules_are_left_out(look: Planning, home: Path, tmp_path: Path, git: Git) -> None:
    source = stack(tmp_path / "web")
    git(source, "init", "-q")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "Begin")
    git(source, "worktree", "add", "-q", str(home / "other"))
    assert "linked worktree" in look(home / "other").left_out[0].reason


def test_what_the_surrounding_repository_ignores_stays_out(look: Planning, tmp_path: Path, git: Git) -> None:
    source = stack(tmp_path / "all" / "web", {"secret.txt": "s", "node_modules/x/y": "y", "kept": "k"})
    git(tmp_path / "all", "init", "-q")
    (tmp_path / "all" / ".gitignore").write_text("secret.txt\nnode_modules\n")
    for made in (look(tmp_path / "all", directories=True), look(source)):
        assert list(withheld(made)) == ["node_modules/", "secret.txt"]


def test_own_ignore_rules_are_honoured(look: Planning, tmp_path: Path) -> None:
    made = look(stack(tmp_path / "web", {".gitignore": ".env\ndata\n", ".env": "A=1", "data/x.db": "x"}))
    assert withheld(made) == {}


@pytest.mark.parametrize(
    ("name", "content", "is_out"),
    [
        (".env", "A=1", True),
        (".env.local", "A=1", True),
        ("db.env", "A=1", True),
        ("secrets/web.prod.env", "A=1", True),
        (".env.example.local", "A=1", True),
        (".env.example", "A=", False),
        ("example.env", "A=", False),
        ("db-sample.env", "A=", False),
        ("environment.ts", "A=", False),
        (".env.sample", "A=", False),
        ("server.key", "x", True),
        ("cert.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", False),
        ("both.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----BEGIN PRIVATE KEY-----\nMIIE\n", True),
        ("deploy", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", True),
        ("README", "Put the `-----BEGIN PRIVATE KEY-----` block into key.txt.\n", False),
        ("wg0.conf", f"[Interface]\nPrivateKey = {'A' * 43}=\n", True),
        ("key.txt", f"# public key: age1x\nAGE-SECRET-KEY-1{'Q' * 58}\n", True),
        ("acme.json", "{}", True),
        ("app.db", "", True),
        ("app.sqlite3-wal", "", True),
        ("notes", b"SQLite format 3\0rest", True),
        ("dump.rdb", b"REDIS0011", True),
        ("app.conf", "x", False),
        ("logo.png", b"\x89PNG\0\0", False),
        ("init.sql", "CREATE TABLE x ();", False),
    ],
)
def test_what_stays_out(look: Planning, tmp_path: Path, name: str, content: str | bytes, is_out: object) -> None:
    made = look(stack(tmp_path / "web", {name: content}))
    assert (name in withheld(made)) == is_out


def test_size_decides(look: Planning, tmp_path: Path) -> None:
    limit = 10 * 1024 * 1024
    made = look(stack(tmp_path / "web", {"big": b"x" * (limit + 1), "fits": b"x" * limit}))
    assert withheld(made) == {"big": "is over 10 MB (10 MB)"}


BIND = "services:\n  web:\n    image: x\n    volumes:\n    - {}\n"


@pytest.mark.parametrize(
    ("volume", "files", "is_out"),
    [
        ("./data:/data", {"data/one.bin": b"\0", "data/two.bin": b"\0"}, True),
        ("./data:/data:ro", {"data/one.bin": b"\0"}, False),
        ("${DATA:-./data}:/data", {"data/one.bin": b"\0"}, True),
        ("{type: bind, source: data, target: /data}", {"data/one.bin": b"\0"}, True),
        ("./data:/etc/app", {"data/app.conf": "x", "data/more.conf": "y"}, False),
        ("./data:/code", {"data/app.py": "x", "data/b.py": "y", "data/c.py": "y", "data/app.db": ""}, False),
        ("./data:/html", {"data/index.html": "x", "data/logo.png": b"\0"}, False),
        ("./data:/photos", {f"data/{n}.jpg": b"\0" * 5_000_000 for n in range(5)}, True),
        ("./data:/var/log", {"data/access.log": "x"}, True),
        ("data:/data", {"data/one.bin": b"\0"}, False),
        (".:/code", {"data/one.bin": b"\0"}, False),
        ("../data:/data", {"data/one.bin": b"\0"}, False),
    ],
)
def test_mounted_directory_is_judged_by_what_is_in_it(
    look: Planning, tmp_path: Path, volume: str, files: dict[str, str | bytes], is_out: object
) -> None:
    made = look(stack(tmp_path / "web", files, BIND.replace("{}", volume, 1)))
    assert ("data/" in withheld(made)) == is_out


def test_data_directories_of_databases_stay_out(look: Planning, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a/pg/PG_VERSION": "17",
        "a/pg/base/1/2": b"\0",
        "my/ibdata1": "",
        "mongo/WiredTiger": "",
    }
    made = look(stack(tmp_path / "web", files))
    assert list(withheld(made)) == ["a/pg/", "mongo/", "my/"]


BROKEN = ["", "[]", "services: [", "services: {a: 1}", "a: &a [*a]", "services: {a: {volumes: 1}}", "\0"]
BOMBS = {
    "nested": "a: " + "[" * 200_000,
    "merged": "x0: &x0 {a: 1}\n" + "".join(f"x{n}: &x{n} {{<<: [{', '.join([f'*x{n - 1}'] * 10)}]}}\n" for n in range(1, 10)),
    "aliased": "x0: &x0 [1]\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 10)),
    "timestamp": "services: {a: !!timestamp 'no'}",
    "binary": "services: {a: !!binary '@'}",
    "large": "a: " + "x" * 20_000_000,
    "itself": "include: [compose.yaml]",
    "outside": "include: [../../../../etc/passwd, /etc/passwd]",
}  # fmt: skip


@pytest.mark.parametrize("compose", BROKEN)
def test_broken_compose_file_mounts_nothing(tmp_path: Path, compose: str) -> None:
    folder = stack(tmp_path / "web", compose=compose)
    assert (mounts(folder, "compose.yaml"), secret_files(folder, "compose.yaml")) == ([], [])


@pytest.mark.parametrize("kind", BOMBS)
def test_hostile_compose_file_costs_nothing_and_mounts_nothing(tmp_path: Path, kind: str) -> None:
    folder = stack(tmp_path / "web", compose=BOMBS[kind])
    with at_most(5):
        assert (mounts(folder, "compose.yaml"), secret_files(folder, "compose.yaml")) == ([], [])


def test_override_and_anchors_are_read(tmp_path: Path) -> None:
    compose = "x-v: &v ['./a:/a']\nservices:\n  one: &one {volumes: *v}\n  two: {<<: *one, image: !reset null}\n"
    folder = stack(tmp_path / "web", {"compose.override.yaml": BIND.replace("{}", "./b:/b")}, compose)
    assert set(mounts(folder, "compose.yaml")) == {Mount("./a", "/a", False), Mount("./b", "/b", False)}  # noqa: FBT003


def test_data_below_another_directory_is_found_from_its_compose_file(tmp_path: Path, look: Planning) -> None:
    compose = "services: {db: {image: x, volumes: ['./data:/d', {type: bind, source: more, target: /m}]}}\n"
    data: dict[str, str | bytes] = {"stack/data/blob": b"\0", "stack/more/blob": b"\0", "README.md": "x"}
    folder = stack(tmp_path / "web", data | {"stack/compose.yaml": compose}, None)
    (step,) = look(folder, directories=False).steps
    assert [one.path for one in step.withheld] == ["stack/data/", "stack/more/"]


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("./d", "./d"),
        ("$PWD/d", "./d"),
        ("${PWD}/d", "./d"),
        ("${DATA:-./d}", "./d"),
        ("${DATA-/srv/d}", "/srv/d"),
        ("$PWDS/d", None),
        ("named", None),
    ],
)
def test_variables_stand_for_what_they_mean_where_nothing_sets_them(
    tmp_path: Path, source: str, seen: str | None
) -> None:
    folder = stack(tmp_path / "web", compose=f"services:\n  web:\n    volumes: ['{source}:/d']\n")
    assert [mount.source for mount in mounts(folder, "compose.yaml")] == ([seen] if seen else [])


def test_what_is_included_and_extended_is_read_too(tmp_path: Path) -> None:
    compose = "include: [db/compose.yaml]\nservices: {web: {extends: {file: base.yml, service: web}}}\n"
    others = {"db/compose.yaml": BIND.replace("{}", "./pg:/pg"), "base.yml": BIND.replace("{}", "./c:/c:ro,z")}
    folder = stack(tmp_path / "web", dict(others), compose)
    read = {(mount.source, mount.is_read_only) for mount in mounts(folder, "compose.yaml")}
    assert read == {("db/./pg", False), ("./c", True)}


def test_nothing_outside_is_included_by_way_of_a_link(tmp_path: Path) -> None:
    other = stack(tmp_path / "other", compose="secrets: {a: {file: told}}\n")
    folder = stack(tmp_path / "web", compose="include: [link/compose.yaml]\n")
    (folder / "link").symlink_to(other)
    assert secret_files(folder, "compose.yaml") == []


NAMES = st.binary(min_size=1, max_size=40).filter(lambda name: not set(name) & {0, ord("/")})


@settings(max_examples=30, deadline=None)
@given(name=NAMES.filter(lambda name: name not in (b".", b"..", b".git")))
@example(name=b"a b ")
@example(name=b"#x")
@example(name=b"!x")
@example(name=b"a\\")
@example(name=b"[a]*?\n\xff\r")
def test_rule_ignores_exactly_the_path(tmp_path_factory: pytest.TempPathFactory, name: bytes) -> None:
    folder = tmp_path_factory.mktemp("rules")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / ".gitignore").write_bytes(appended(b"", [rule(name)]))
    asked = b"".join(b"./" + path + b"\0" for path in (name, b"other" + name, b"sub/" + name))
    done = subprocess.run(
        ["git", "check-ignore", "-z", "--stdin"],
        cwd=folder,
        input=asked,
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"./" + name + b"\0"


@settings(deadline=None)
@given(content=st.binary(max_size=60), rules=st.lists(st.sampled_from([b"/.env", b"/data/"]), min_size=1))
def test_rules_are_added_and_what_is_there_stays(content: bytes, rules: list[bytes]) -> None:
    once = appended(content, rules)
    assert once.startswith(content)
    assert set(rules) <= set(once.splitlines())
    assert appended(once, rules) == once


def test_a_thousand_services_are_planned_quickly(look: Planning, tmp_path: Path, actor: Actor) -> None:
    for number in range(50):
        stack(tmp_path / "all" / f"s{number}")
    known = {f"k{number}": str(tmp_path / "known" / str(number)) for number in range(1000)}
    assert len(look(tmp_path / "all", known=known).steps) == 50


def test_a_directory_with_far_too_many_files_stays_out(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stack(tmp_path / "web", {f"f{number}": "x" for number in range(6)})
    monkeypatch.setattr(planning, "MOST_FILES", 5)
    (left,) = plan(Wish((str(folder),)), home, Known({})).left_out
    assert left.reason.startswith("has more than 5 files: name the directory in it")


def test_a_private_key_is_found_at_the_end_of_what_is_looked_at(tmp_path: Path) -> None:
    text = "x" * 60_000 + "\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA==\n"
    folder = stack(tmp_path / "web", {"notes.txt": text})
    found = Candidates(["notes.txt"], [], [])
    assert [one.reason for one in kept_out(folder, found, [], [])] == ["holds a private key"]

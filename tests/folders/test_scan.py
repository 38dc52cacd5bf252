"""A scan finds folders that a person lists, renames or removes; a list that somebody made up does no harm."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.git.repository import Repository
from calcifer.services import queries
from calcifer.services.folders import FILE, Listing, listed, with_folders
from calcifer.services.models import Service
from calcifer.services.service.scanning import Report, look
from calcifer.wiring import Wiring
from tests.conftest import Git, Run
from tests.folders.conftest import NAMES, completed, ready
from tests.owner import OWNER
from tests.services.samples import stack


def scan(wiring: Wiring) -> Report:
    return look(wiring.units, OWNER, wiring.settings.home)


def service(wiring: Wiring, name: str) -> Service:
    with wiring.units.read(OWNER) as uow:
        return queries.get_service(uow.db, name)


def commit(git: Git, path: Path, message: str = "By hand") -> None:
    git(path, "add", "-A")
    git(path, "commit", "-qm", message)


def test_nothing_new_is_nothing_to_do(stacks: Path, wiring: Wiring) -> None:
    report = scan(wiring)
    assert (report.new, report.changed, report.missing, report.failed, report.unchanged) == ([], [], [], [], 3)


def test_a_clone_is_found_by_its_list(stacks: Path, wiring: Wiring, home: Path, git: Git) -> None:
    git(home, "clone", "-q", "stacks", "copy")
    assert scan(wiring).new == ["copy-db", "copy-media", "copy-web"]
    assert service(wiring, "copy-web").place == str(home / "copy" / "web")


def test_a_folder_that_a_person_lists(stacks: Path, wiring: Wiring, git: Git) -> None:
    stack(stacks / "extra")
    (stacks / FILE).write_text((stacks / FILE).read_text() + "extra\n")
    commit(git, stacks)
    assert scan(wiring).new == ["extra"]
    assert service(wiring, "extra").baseline == git(stacks, "rev-parse", "main")


def test_a_folder_that_was_renamed_is_missing_under_its_old_name(stacks: Path, wiring: Wiring, git: Git) -> None:
    number = ready(wiring, "media")
    git(stacks, "mv", "media", "films")
    (stacks / FILE).write_text((stacks / FILE).read_text().replace("media", "films"))
    commit(git, stacks)
    report = scan(wiring)
    assert (report.new, report.missing) == (["films"], ["media"])
    assert service(wiring, "media").missing_since is not None
    assert scan(wiring).missing == ["media"]
    git(stacks, "revert", "--no-edit", "HEAD")
    assert "media" in scan(wiring).changed
    assert service(wiring, "media").missing_since is None
    assert service(wiring, "films").missing_since is not None
    assert number


def test_a_folder_that_was_removed(stacks: Path, wiring: Wiring, git: Git, client: TestClient, calcifer: Run) -> None:
    git(stacks, "rm", "-rq", "media")
    commit(git, stacks)
    assert scan(wiring).missing == ["media"]
    page = client.get("/services/media")
    assert page.status_code == 200
    assert "of media is not on" in client.get("/services/media/files").text
    ran = calcifer("doctor")
    assert "There is no folder 'media' on main of" in ran.out + ran.err
    completed(wiring, "web")
    assert service(wiring, "media").missing_since is not None


def test_a_completion_that_removes_the_folder(stacks: Path, wiring: Wiring) -> None:
    completed(wiring, "web")
    assert service(wiring, "web").missing_since is None


HOSTILE = {
    "../stacks": "without empty parts, '.' or '..'",
    "/etc": "without empty parts, '.' or '..'",
    ".git/hooks": "does not lead into '.git'",
    "web/../media": "without empty parts, '.' or '..'",
    "link": "There is no folder 'link' on main.",
    "README.md": "There is no folder 'README.md' on main.",
    "nothing": "There is no folder 'nothing' on main.",
    "web": "'web' is there twice.",
    "web/docs": "'web/docs' lies in 'web'",
    " db": "has a name that cannot be listed",
    "me\tdia": "no control characters",
    "w\u202eeb": "hide or mislead",
    ".calcifer": "has a name that cannot be listed",
}


@pytest.mark.parametrize("line", HOSTILE)
def test_a_line_that_cannot_count_is_told_and_let_be(line: str, stacks: Path, wiring: Wiring, git: Git) -> None:
    (stacks / "link").symlink_to("media")
    (stacks / FILE).write_text((stacks / FILE).read_text() + line + "\n")
    commit(git, stacks)
    report = scan(wiring)
    assert report.new == []
    ((name, reason),) = report.failed
    assert name == "stacks"
    assert reason.startswith(".calcifer/folders, line 5: ")
    assert HOSTILE[line] in reason


def test_a_list_of_nonsense_leaves_a_repository_one_service(home: Path, wiring: Wiring, git: Git) -> None:
    path = stack(home / "odd", {".calcifer/folders": b"\xff\xfe\n\0\n"})
    git(path, "init", "-q", "-b", "main")
    commit(git, path)
    assert scan(wiring).new == ["odd"]
    (path / ".calcifer" / "folders").write_bytes(b"x\n" * 200_000)
    commit(git, path)
    assert scan(wiring).failed == [("odd", ".calcifer/folders is too large to be a list of folders.")]


def test_a_folder_with_spaces_and_other_letters(home: Path, wiring: Wiring, git: Git) -> None:
    path = stack(home / "odd", {".calcifer/folders": "My Média/the stack\n"}, compose=None)
    stack(path / "My Média" / "the stack")
    git(path, "init", "-q", "-b", "main")
    commit(git, path)
    assert scan(wiring).new == ["the-stack"]
    assert service(wiring, "the-stack").facts["files"] == ["compose.yaml"]
    assert completed_in(wiring, "the-stack", "My Média/the stack") == str(path / "My Média/the stack")


def completed_in(wiring: Wiring, name: str, folder: str) -> str:
    assert service(wiring, name).folder == folder
    return service(wiring, name).place


def test_the_list_keeps_what_people_wrote(stacks: Path) -> None:
    text = b"# Ours\r\nweb\r\n\r\nmedia/"
    assert with_folders(text, ["web", "media", ""]) == text + b"\n.\n"
    assert with_folders(text, ["web"]) == text
    assert listed(Repository(stacks), None) == Listing()
    assert listed(Repository(stacks), Repository(stacks).branch("main")).folders == NAMES

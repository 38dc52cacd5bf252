"""A commit goes to the item's own branch, from texts or from its worktree."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from calcifer.kit.errors import Conflict, Invalid
from calcifer.wiring import Wiring
from calcifer.work import service as work
from calcifer.work.schemas import FileContent, NewCommit
from tests.conftest import Run
from tests.owner import OWNER
from tests.work import factories
from tests.work.conftest import Find

pytestmark = pytest.mark.every_input


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "a/../../x",
        ".git/config",
        "a/.GIT/hooks/x",
        "a//b",
        "",
        "a\nb",
        "a\\b",
        "x/" * 600 + "x",
        "C:/x",
        "a/.",
        "a\u202emd.exe",
        "a\u200bb",
        "a\u200cb",
        "a\u2066b",
        ".git\u200c/config",
        ".g\u200dit",
    ],
)
def test_paths_that_lead_elsewhere_are_refused(api: TestClient, wiring: Wiring, web: Path, path: str) -> None:
    number = factories.opened(wiring)
    head = factories.git(web, "rev-parse", f"work/{number}-pin-nginx")
    new = {"message": "m", "entry": "e", "files": [{"path": path, "content": "x"}]}
    assert api.post(f"/api/v1/work/{number}/commit", json=new).status_code == 422
    assert factories.git(web, "rev-parse", f"work/{number}-pin-nginx") == head


@pytest.mark.parametrize(
    "path", ["-rf", "--help", "a b", "ünï", "'; DROP TABLE", "%2e%2e", "a\tb"[:1] + "~^:?*[", "HEAD", "x.lock"]
)
def test_hostile_names_are_just_names(api: TestClient, wiring: Wiring, web: Path, path: str) -> None:
    number = factories.opened(wiring)
    new = {"message": "m", "entry": "e", "files": [{"path": path, "content": "x"}]}
    assert api.post(f"/api/v1/work/{number}/commit", json=new).status_code == 201
    listed = factories.git(web, "ls-tree", "-r", "-z", "--name-only", f"work/{number}-pin-nginx").split("\0")
    assert path in listed
    assert api.get(f"/work/{number}/files", params={"path": path}).status_code in {200, 303, 401}


def test_author_is_the_person_and_the_trailer_names_the_item(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    commit = factories.committed(wiring, number)
    assert factories.git(web, "log", "-1", "--format=%an|%(trailers:key=Work-Item,valueonly)", commit) == (
        f"{OWNER.name}|{number}"
    )
    assert factories.git(web, "show", f"{commit}:changes.d/{number}.md") == "Pin nginx."


def test_line_endings_of_a_file_stay(wiring: Wiring, find: Find) -> None:
    path = factories.service(wiring, "win", {"a.txt": "one\r\ntwo\r\n"})
    number = factories.opened(wiring, "win")
    commit = factories.committed(wiring, number, "one\nthree\n", path="a.txt")
    assert factories.git(path, "cat-file", "-s", f"{commit}:a.txt") == str(len("one\r\nthree\r\n"))


def test_a_file_that_passes_a_filter_is_not_stored_past_it(wiring: Wiring) -> None:
    factories.service(wiring, "vault", {".gitattributes": "*.secret filter=git-crypt\n", "a.secret": "cipher\n"})
    number = factories.opened(wiring, "vault")
    with pytest.raises(Invalid, match="git-crypt"):
        factories.committed(wiring, number, "in plain\n", path="a.secret")


def test_a_branch_that_moved_meanwhile_is_told(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    old = factories.git(web, "rev-parse", f"work/{number}-pin-nginx")
    factories.committed(wiring, number)
    new = NewCommit(message="m", base=old, files=[FileContent(path="x", content="x")])
    with pytest.raises(Conflict, match="has moved since you began"), wiring.units.write(OWNER) as uow:
        work.commit(uow, number, new)


def test_a_clean_worktree_moves_with_its_branch_a_dirty_one_refuses(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    factories.committed(wiring, number)
    assert "1.27" in (tree / "docker-compose.yml").read_text()
    assert factories.git(tree, "status", "--porcelain") == ""
    (tree / "README.md").write_text("at work\n")
    with pytest.raises(Conflict, match=r"README\.md"):
        factories.committed(wiring, number, "other\n", path="other.txt")
    assert (tree / "README.md").read_text() == "at work\n"


def test_edits_of_the_worktree_become_the_commit(wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    (tree / "new.txt").write_text("new\n")
    (tree / "README.md").unlink()
    (tree / "docker-compose.yml").write_text("services: {}\n")
    (tree / ".env").write_text("SECRET=1\n")
    new = NewCommit(message="m", entry="e", from_worktree=True, paths=["new.txt", "README.md"])
    with wiring.units.write(OWNER) as uow:
        work.commit(uow, number, new)
    assert factories.git(tree, "status", "--porcelain") == "M docker-compose.yml"
    with wiring.units.write(OWNER) as uow:
        work.commit(uow, number, NewCommit(message="m", from_worktree=True))
    assert factories.git(tree, "status", "--porcelain") == ""
    assert ".env" not in factories.git(tree, "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    assert (tree / ".env").read_text() == "SECRET=1\n"


def test_a_new_file_that_is_named_like_a_secret_has_to_be_named(
    client: TestClient, calcifer: Run, wiring: Wiring, web: Path
) -> None:
    number = factories.opened(wiring)
    with wiring.units.write(OWNER) as uow:
        tree = work.checkout(uow, number, wiring.settings.var / "worktrees")
    (tree / "server.key").write_text("secret\n")
    (tree / "README.md").write_text("# Other\n")
    objects = factories.git(web, "count-objects")
    refused = calcifer("work", "commit", number, "-m", "m")
    assert refused.code == 2
    assert "'server.key' is new here and is named like a private key. Nothing was committed." in refused.err
    assert ".gitignore" in refused.err
    assert factories.git(web, "count-objects") == objects
    page = client.get(f"/work/{number}/commits").text
    assert 'value="README.md" checked' in page
    assert 'value="server.key">' in page
    assert calcifer("work", "commit", number, "-m", "m", "README.md").code == 0
    assert calcifer("work", "commit", number, "-m", "m", "server.key").code == 0
    (tree / "server.key").write_text("another\n")
    assert calcifer("work", "commit", number, "-m", "m").code == 0
    assert factories.git(web, "show", f"work/{number}-pin-nginx:server.key") == "another"


def test_page_and_command(client: TestClient, calcifer: Run, wiring: Wiring, web: Path, tmp_path: Path) -> None:
    number = factories.opened(wiring)
    typed = {"file": "README.md", "content": "# Other\r\n", "message": "Other words", "entry": "Other words."}
    answer = client.post(f"/work/{number}/commit?path=README.md", data=typed)
    assert answer.status_code == 200
    assert "Other words" in answer.text
    assert factories.git(web, "show", f"work/{number}-pin-nginx:README.md") == "# Other"
    local = tmp_path / "local"
    local.write_text("# Third\n")
    ran = calcifer("work", "commit", number, "-m", "Third words", "-f", f"README.md={local}", "--json")
    assert ran.json == {"commit": factories.git(web, "rev-parse", f"work/{number}-pin-nginx")}
    assert ran.code == 0, ran.err
    assert factories.git(web, "show", f"work/{number}-pin-nginx:README.md") == "# Third"


def test_nothing_to_commit_is_told_and_the_text_given_back(client: TestClient, wiring: Wiring, web: Path) -> None:
    number = factories.opened(wiring)
    typed = {"file": "README.md", "content": (web / "README.md").read_text(), "message": "Nothing new"}
    answer = client.post(f"/work/{number}/commit?path=README.md", data=typed)
    assert answer.status_code == 422
    assert "nothing to commit" in answer.text
    assert "Nothing new" in answer.text


def test_a_path_for_a_new_file_that_cannot_be_comes_back_in_the_form(client: TestClient, wiring: Wiring) -> None:
    factories.service(wiring)
    number = factories.opened(wiring)
    answer = client.get(f"/work/{number}/files", params={"path": "../x"})
    assert answer.status_code == 422
    assert 'name="path" placeholder="docs/guide.md" value="../x"' in answer.text
    assert 'id="path-error">A path is relative to the repository' in answer.text
    assert "README.md" in answer.text

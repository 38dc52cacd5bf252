"""Histories of all kinds: none, shallow, borrowed, long, signed, written by broken programs, behind several remotes."""

from pathlib import Path

import pytest

from calcifer.kit.errors import Conflict
from calcifer.services.service.scanning import look
from tests.odd.conftest import Around
from tests.odd.loop import git, made
from tests.owner import OWNER
from tests.work import factories


def test_no_commits_yet(around: Around, home: Path) -> None:
    git(home, "init", "-q", "-b", "main", "web")
    loop = around(home / "web")
    loop.scan()
    for tab in ("", "/history", "/files", "/documentation"):
        assert "no commit on &#39;main&#39;" in loop.get(f"/services/web{tab}")
    loop.get("/work/change?service_name=web")
    for tab in ("/history", "/files"):
        loop.get(f"/api/v1/services/web{tab}", 404)
    loop.look_at_git()
    with pytest.raises(Conflict, match="no commit"):
        loop.open()
    made(home / "web")
    loop.run()


def test_bare(around: Around, home: Path, tmp_path: Path) -> None:
    git(home, "clone", "-q", "--bare", str(made(tmp_path / "source")), "web.git")
    loop = around(home / "web.git")
    factories.register(loop.wiring, loop.path)
    loop.run()
    assert b"1.27" in git(loop.path, "show", "main:docker-compose.yml")
    assert not (loop.path / "index").exists()


def test_shallow(around: Around, home: Path, tmp_path: Path) -> None:
    source = made(tmp_path / "source")
    for number in range(5):
        git(source, "commit", "-q", "--allow-empty", "-m", str(number))
    git(home, "clone", "-q", "--depth", "2", f"file://{source}", "web")
    around(home / "web").run()
    assert git(home / "web", "rev-parse", "--is-shallow-repository") == b"true"


def test_objects_of_another_repository(around: Around, home: Path, tmp_path: Path) -> None:
    git(home, "clone", "-q", "--shared", str(made(tmp_path / "source")), "web")
    around(home / "web").run()


def test_packed_with_a_commit_graph(around: Around, home: Path) -> None:
    web = made(home / "web")
    for arguments in (("gc", "-q"), ("pack-refs", "--all"), ("commit-graph", "write", "--reachable")):
        git(web, *arguments)
    around(web).run()


def test_two_remotes_and_none_is_origin(around: Around, home: Path, tmp_path: Path) -> None:
    web = made(home / "web")
    for name in ("backup", "upstream"):
        git(tmp_path, "init", "-q", "--bare", name)
        git(web, "remote", "add", name, str(tmp_path / name))
        git(web, "push", "-q", name, "main")
    loop = around(web)
    loop.run()
    assert set(loop.look_at_git()["remotes"]) == {"backup", "upstream"}
    assert git(tmp_path / "backup", "rev-list", "--count", "main") == b"1"  # nobody asked to push there


def test_origin_and_another_remote(around: Around, home: Path, tmp_path: Path) -> None:
    web = made(home / "web")
    for name in ("origin", "backup"):
        git(tmp_path, "init", "-q", "--bare", "-b", "main", name)
        git(web, "remote", "add", name, str(tmp_path / name))
    git(web, "push", "-q", "origin", "main")
    loop = around(web)
    loop.run()
    loop.wiring.jobs.run_due()
    assert git(tmp_path / "origin", "rev-parse", "main") == git(web, "rev-parse", "main")
    assert git(tmp_path / "backup", "for-each-ref") == b""


SIGNATURE = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEzBAABCAAdFiEE\n -----END PGP SIGNATURE-----\n"


def signed(web: Path) -> bytes:
    """Put a signed commit on main, as far as anybody can tell who does not have the key; return it."""
    raw = git(web, "cat-file", "commit", "HEAD").partition(b"\n\n")
    text = raw[0] + b"\nparent " + git(web, "rev-parse", "HEAD") + b"\n" + SIGNATURE + b"\nSigned\n"
    head, rest = text.split(b"\nauthor ", 1)
    tree, parent = head.split(b"\n")[0], rest.split(b"\nparent ")[1].split(b"\n")[0]
    author = rest.split(b"\nparent ")[0]
    body = tree + b"\nparent " + parent + b"\nauthor " + author + b"\n" + SIGNATURE + b"\nSigned\n"
    commit = git(web, "hash-object", "-t", "commit", "-w", "--stdin", stdin=body)
    git(web, "update-ref", "refs/heads/main", commit)
    return commit


def test_signed_commits_stay_as_they_are(around: Around, home: Path) -> None:
    web = made(home / "web")
    git(web, "config", "commit.gpgSign", "true")
    git(web, "config", "gpg.program", "false")  # who wanted to sign something would fail
    commit = signed(web)
    around(web).run()
    assert SIGNATURE in git(web, "cat-file", "commit", commit) + b"\n"
    assert git(web, "merge-base", "--is-ancestor", commit, "main") == b""


def test_messages_and_people_in_latin_1(around: Around, home: Path) -> None:
    web = made(home / "web")
    author = b"--author=J\xe9r\xf4me <j\xe9@example.org>"
    git(web, "commit", "-q", "--allow-empty", "-m", b"caf\xe9 \x1b[31m", author)
    loop = around(web)
    loop.run()
    git(web, "commit", "-q", "--allow-empty", "-m", b"caf\xe9 \x1b[31m", author)
    loop.scan()
    assert loop.strays() == 1
    loop.get("/work/strays")


@pytest.mark.parametrize("stamp", [b"1600000000 +2500", b"99999999999999 +0000", b"0 +0000", b"1600000000 -9999"])
def test_times_that_are_in_no_calendar(around: Around, home: Path, stamp: bytes) -> None:
    web = made(home / "web")
    tree, parent = git(web, "rev-parse", "HEAD^{tree}"), git(web, "rev-parse", "HEAD")
    raw = b"tree %s\nparent %s\nauthor A <a@b> %s\ncommitter A <a@b> %s\n\nOdd\n" % (tree, parent, stamp, stamp)
    odd = git(web, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=raw)
    git(web, "update-ref", "refs/heads/main", odd)
    git(web, "branch", "left-over")
    loop = around(web)
    loop.scan()
    loop.look_at_service()
    loop.look_at_git()
    number = loop.open()
    loop.commit_text(number)
    loop.look_at_item(number)
    loop.complete(number)
    assert loop.strays() == 0


def test_sha_256_is_refused_by_the_scan_and_keeps_no_other_out(around: Around, home: Path) -> None:
    made(home / "old")
    web = made(home / "web", None, "--object-format=sha256")
    loop = around(home / "old")
    report = look(loop.wiring.units, OWNER, home)
    assert report.new == ["old"]
    assert report.failed == [
        ("web", f"The repository {web.name} names its objects by SHA-256, which Calcifer cannot read.")
    ]

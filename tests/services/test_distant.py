"""Directories on another machine: a real sshd is asked, data stays there, and what a hostile machine answers has no effect."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calcifer.kit.errors import CalciferError, Conflict
from calcifer.kit.git.names import checked_path
from calcifer.kit.ssh import Host
from calcifer.kit.ssh.scripts import command
from calcifer.services import distant, queries
from calcifer.services.distant import stacks, unpacked
from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.owner import OWNER
from tests.services.arriving import arrived, found, surveyed
from tests.services.samples import snapshot, stack
from tests.sshd import Sshd, serving

Git = Callable[..., str]
OTHER_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIMo2VmnCSNvJ7D9q5oEg3v4tgVL0E1l4B3zvN1r3yq9a"
COMPOSE = """services:
  db:
    image: postgres:17
    volumes:
      - ./pg:/var/lib/postgresql/data
      - ./conf:/etc/app
      - {here}/photos:/photos
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
"""
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.fixture
def there(tmp_path: Path, git: Git) -> Path:
    """What lies in /opt/stacks of that machine."""
    root = tmp_path / "opt" / "my stacks'"
    files: dict[str, str | bytes] = {
        "compose.override.yml": "services: {}\n", "README.md": "# DB\n", ".env": "PASSWORD=1", ".env.example": "PASSWORD=",
        "nginx.conf": "server {}\n", "run.sh": "#!/bin/sh\n", "conf/app.ini": "a=1\n", "conf/tls.key": KEY, "deploy": KEY,
        "pg/PG_VERSION": "17", "pg/base/1/2": b"\0", "photos/a.jpg": b"\xff" * 2_000_000, "big.bin": b"x" * 10_500_000,
        "sub/.git/HEAD": "ref", "sub/file": "f", ".gitignore": "*.tmp\n", "x.tmp": "t", "a b/c'd": "e", "data.sqlite3": "x",
        "1/2/3/4/5/6": "deep", "cache.bin": b"SQLite format 3\0",
    }  # fmt: skip
    path = stack(root / "Data Base", files, COMPOSE.format(here=root / "Data Base"))
    (path / "run.sh").chmod(0o755)
    (path / "link").symlink_to("README.md")
    (path / "out").symlink_to("/etc/hostname")
    (path / "up").symlink_to("../other/compose.yaml")
    (path / os.fsdecode(b"n\xff")).write_text("odd")
    (path / "new\nline").write_text("odd")
    for number in range(distant.MOST_IN_FOLDER + 5):
        (path / "many" / f"{number}").parent.mkdir(exist_ok=True)
        (path / "many" / f"{number}").touch()
    stack(root / "other")
    (root / "notes").mkdir()
    (root / "hidden-link").symlink_to(path)
    repository = stack(root / "tracked")
    git(repository, "init", "-q")
    return root


def test_it_is_said_what_is_read_and_what_stays(wiring: Wiring, sshd: Sshd, there: Path) -> None:
    before = snapshot(there, without=())
    seen = found(surveyed(wiring, sshd.url(there).replace(" ", "%20")))
    assert {path: (one["name"], one["kind"], one["reason"]) for path, one in seen.items()} == {
        "Data Base": ("data-base", "read", ""),
        "notes": ("notes", "none", "has no compose file"),
        "other": ("other", "read", ""),
        "tracked": ("tracked", "none", "is a git repository there: clone it by its address"),
    }
    stays = {out["path"]: out["reason"] for out in seen["Data Base"]["withheld"]}
    assert set(stays) == {
        ".env", "1/2/3/4/5/6", "big.bin", "conf/tls.key", "data.sqlite3", "many/", "n⟨0xFF⟩", "new⟨0x0A⟩line", "pg/", "photos/",
        "sub/",
    }  # fmt: skip
    assert "compose.yaml" in seen["Data Base"]["reads"]
    assert len(seen["Data Base"]["reads"]) == seen["Data Base"]["files"]
    assert stays["n⟨0xFF⟩"] == stays["new⟨0x0A⟩line"] == "has a name that cannot be taken"
    assert snapshot(there, without=()) == before


def test_what_is_read_becomes_a_repository_and_data_stays(
    wiring: Wiring, home: Path, sshd: Sshd, there: Path, git: Git
) -> None:
    before = snapshot(there, without=())
    url = sshd.url(there).replace(" ", "%20")
    row = arrived(wiring, url)
    assert row.state == "done", row.error
    assert (row.result or {})["failed"] == []
    assert sorted((row.result or {})["adopted"]) == ["data-base", "other"]
    made = home / "data-base"
    ours = [".calcifer/service.yaml", "CHANGES.md"]
    theirs = [
        ".env.example", ".gitignore", "README.md", "a b/c'd", "compose.override.yml", "compose.yaml", "conf/app.ini", "link",
        "nginx.conf", "run.sh",
    ]  # fmt: skip
    assert git(made, "-c", "core.quotePath=false", "ls-files").split("\n") == sorted(ours + theirs)
    assert git(made, "status", "--porcelain", "--ignored") == ""  # nothing else came to lie here
    for name in theirs:
        if name != ".gitignore":
            assert (made / name).read_bytes() == (there / "Data Base" / name).read_bytes()
    assert os.access(made / "run.sh", os.X_OK)
    assert (made / "link").is_symlink()
    (made / ".env").write_text("PASSWORD=2")
    assert git(made, "status", "--porcelain") == ""  # where it is deployed, it is ignored
    stays = dict((row.result or {})["withheld"])
    assert stays["data-base/deploy"] == "holds a private key"
    assert "leads elsewhere" in stays["data-base/out"]
    assert "leads elsewhere" in stays["data-base/up"]
    assert stays["data-base/n⟨0xFF⟩"] == "has a name that cannot be taken"
    assert snapshot(there, without=()) == before
    again = arrived(wiring, url).result or {}
    assert (sorted(again["unchanged"]), again["failed"], again["adopted"]) == (["data-base", "other"], [], [])
    with wiring.units.read(OWNER) as uow:
        assert set({name: path for name, path, _ in queries.list_places(uow.db)}) == {"data-base", "other"}


def test_a_stack_by_itself(wiring: Wiring, home: Path, sshd: Sshd, there: Path, git: Git) -> None:
    report = arrived(wiring, sshd.url(there / "other").replace(" ", "%20")).result or {}
    assert (report["adopted"], report["failed"]) == (["other"], [])
    assert git(home / "other", "log", "--format=%s") == "Adopt other"


def test_command(calcifer: Callable[..., Ran], sshd: Sshd, there: Path) -> None:
    url = sshd.url(there).replace(" ", "%20")
    ran = calcifer("services", "survey", url)
    assert "other\tother\tits files are read" in ran.out, ran.err
    assert calcifer("services", "adopt-from", url, "--only", "other").out.strip() == "other"
    assert calcifer("services", "survey", url, "--kind", "gitea").code == 2


def test_what_is_not_there_is_said(wiring: Wiring, sshd: Sshd, tmp_path: Path) -> None:
    row = surveyed(wiring, sshd.url(tmp_path / "$(touch x)`id`'\""))
    assert "has no directory" in (row.error or "")
    (tmp_path / "empty").mkdir()
    assert "has no directories in it" in (surveyed(wiring, sshd.url(tmp_path / "empty")).error or "")


def test_an_unknown_host_is_not_talked_to(wiring: Wiring, sshd: Sshd, tmp_path: Path) -> None:
    known = sshd.known_hosts.read_text()
    try:
        sshd.known_hosts.write_text("")
        row = surveyed(wiring, sshd.url(tmp_path))
        sshd.known_hosts.write_text(known.rsplit(" ", 2)[0] + f" {OTHER_KEY}\n")
        changed = surveyed(wiring, sshd.url(tmp_path))
    finally:
        sshd.known_hosts.write_text(known)
    assert (row.state, "does not know yet" in (row.error or "")) == ("failed", True)
    assert row.mend == f"As the user that Calcifer runs as, connect once by hand: ssh -p {sshd.port} 127.0.0.1"
    assert "has another key than the one that ssh knows" in (changed.error or "")


def test_one_that_does_not_let_us_in_is_said(wiring: Wiring, sshd: Sshd, tmp_path: Path) -> None:
    keys = sshd.authorized_keys.read_text()
    try:
        sshd.authorized_keys.write_text("")
        row = surveyed(wiring, sshd.url(tmp_path))
    finally:
        sshd.authorized_keys.write_text(keys)
    assert (row.state, "does not let this user in" in (row.error or "")) == ("failed", True)


def test_one_that_is_not_there_is_tried_again_later(wiring: Wiring, tmp_path: Path) -> None:
    row = surveyed(wiring, f"ssh://127.0.0.1:1{tmp_path}")
    assert (row.state, "cannot be reached by ssh" in (row.error or "")) == ("pending", True)


def test_a_host_never_looks_like_an_option() -> None:
    line = command(Host("h", "u", 22))
    assert line[-3:] == ["--", "h", "exec /bin/sh -s"]
    assert line[line.index("-o") + 1] == "BatchMode=yes"


@pytest.mark.parametrize(
    "answer",
    [
        r"printf Z\\000Z\\000", r"printf kx\\000Z\\000", r"printf Dx\\000", "cat /dev/zero", "yes", "exit 7", "true",
        r"printf D.\\000c../../x\\000=a\\000Z\\000", r"printf \\377\\000", "yes | tr -d '\\n' | head -c 3000000",
    ],
)  # fmt: skip
def test_hostile_listings_are_refused(
    wiring: Wiring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    with serving(tmp_path / "sshd", answer) as server:
        monkeypatch.setenv("GIT_SSH_COMMAND", server.ssh)
        row = surveyed(wiring, server.url(tmp_path))
    assert row.state == "failed"
    assert "unexpected" not in (row.error or "")


def test_one_that_says_nothing_is_left(wiring: Wiring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distant, "LISTING_SECONDS", 0.5)
    with serving(tmp_path / "sshd", "exec sleep 60") as server:
        monkeypatch.setenv("GIT_SSH_COMMAND", server.ssh)
        row = surveyed(wiring, server.url(tmp_path))
    assert "did not come to an end" in (row.error or "")


def test_of_a_folder_with_far_too_many_files_no_name_is_kept() -> None:
    (one,) = stacks([b"D.", *(b"k./many/%d" % number for number in range(5000)), b"k./a", b"Z"])
    assert set(one.sizes) == {"a"}
    assert one.counts["many/"] == 5000


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    """An archive of these members."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for member, content in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))
    made.seek(0)
    return made


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member of an archive."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def test_nothing_is_written_but_what_was_asked_for(tmp_path: Path) -> None:
    inside = tmp_path / "in" / "web"
    wanted = {f"web/{name}": inside / name for name in ("a", "b", "c/d", "out", "up", "hard", "dev", "folder", "a/x")}
    sent = archive(
        (member("../../outside"), b"x"), (member("/etc/passwd-x"), b"x"), (member("./web/a"), b"1"), (member("web/a"), b"2"),
        (member("web/not-asked"), b"x"), (member("web/c", tarfile.SYMTYPE, "/tmp"), b""), (member("web/c/d"), b"3"),  # noqa: S108
        (member("web/out", tarfile.SYMTYPE, "/etc/passwd"), b""), (member("web/up", tarfile.SYMTYPE, "../../x"), b""),
        (member("web/hard", tarfile.LNKTYPE, "../../etc/passwd"), b""), (member("web/dev", tarfile.CHRTYPE), b""),
        (member("web/folder", tarfile.DIRTYPE), b""), (member("web/b", tarfile.SYMTYPE, "a"), b""), (member("web/a/x"), b"4"),
    )  # fmt: skip
    assert unpacked(sent, wanted) == {"web/a", "web/b", "web/c/d"}
    assert (inside / "a").read_bytes() == b"1"
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "in", "in/web", "in/web/a", "in/web/b", "in/web/c", "in/web/c/d"
    ]  # fmt: skip


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    wanted = {"web/a": tmp_path / "web" / "a", "web/a/x": tmp_path / "web" / "a" / "x"}
    (tmp_path / "elsewhere").mkdir()
    unpacked(archive((member("web/a", tarfile.SYMTYPE, "b"), b""), (member("web/a/x"), b"4")), wanted)
    assert (tmp_path / "web" / "a" / "x").read_bytes() == b"4"


def test_what_is_far_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distant, "MOST_BYTES", 10)
    with pytest.raises(Conflict, match="to read: take fewer"):
        unpacked(archive((member("a"), b"x" * 11)), {"a": tmp_path / "a"})
    monkeypatch.setattr(distant, "LARGEST_BYTES", 10)
    assert unpacked(archive((member("b"), b"x" * 11)), {"b": tmp_path / "b"}) == set()


NAMES = st.lists(
    st.sampled_from([b"..", b"a", b".git", b"", b"\xff", b"\n", b"pg", b"PG_VERSION", b"x.key"]), max_size=4
)
RECORDS = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda letter, parts: letter + b"/".join(parts), st.sampled_from([b"k", b"g", b"e", b"l", b"b"]), NAMES),
)


@given(st.lists(RECORDS, max_size=20))
def test_no_listing_breaks_reading_it_or_names_what_is_outside(said: list[bytes]) -> None:
    try:
        for one in stacks([b"D.", b"ccompose.yaml", b"=services: {}", *said, b"Z"]):
            choice = distant.chosen(one, "/opt/x")
            for path in (*choice.taken, *(out.path for out in choice.withheld)):
                assert checked_path(path.removesuffix("/"))
    except CalciferError as error:
        assert isinstance(error, Conflict)  # noqa: PT017


@given(st.binary(max_size=3000))
def test_no_archive_breaks_reading_it(sent: bytes) -> None:
    try:
        assert unpacked(io.BytesIO(sent), {}) == set()
    except CalciferError as error:
        assert error.message  # noqa: PT017

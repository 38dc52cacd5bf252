"""Big repositories: 10,000 commits, 100,000 files, a file of a gigabyte. What a request holds in memory does not grow with them."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.odd.conftest import Around
from tests.odd.loop import Loop, git, made
from tests.pace import at_most
from tests.work import factories

pytestmark = pytest.mark.slow
GIGABYTE = 1 << 30
MOST_BYTES = 150_000_000
"""How much more memory the loop may take: Python's own lists, templates that are loaded at first use, and never a whole file."""


def huge(path: Path, size: int = GIGABYTE) -> str:
    """Put a blob of zeros into a repository without computing more than its name: its compressed form repeats itself."""
    head = b"blob %d\0" % size
    name = hashlib.sha1(head, usedforsecurity=False)
    check, zeros = zlib.adler32(head), bytes(1 << 20)
    made = zlib.compressobj(9)
    begin = made.compress(head) + made.flush(zlib.Z_FULL_FLUSH)
    part = made.compress(zeros) + made.flush(zlib.Z_FULL_FLUSH)
    for _ in range(size >> 20):
        name.update(zeros)
        check = zlib.adler32(zeros, check)
    file = path / "objects" / name.hexdigest()[:2] / name.hexdigest()[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(begin + part * (size >> 20) + b"\3\0" + check.to_bytes(4, "big"))
    return name.hexdigest()


@pytest.fixture
def peak() -> Iterator[None]:
    """Fail where this process grows by more than it should."""
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is forgotten
    before = memory("VmRSS")
    yield
    assert memory("VmHWM") - before < MOST_BYTES


def memory(name: str) -> int:
    """What the kernel says of this process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


@pytest.fixture
def with_gigabyte(around: Around, home: Path, tmp_path: Path) -> Loop:
    """A bare repository with a file of a gigabyte on main: writing it into a checkout would take a while, and is git's work."""
    path = home / "web.git"
    git(home, "clone", "-q", "--bare", str(made(tmp_path / "source")), str(path))
    add(path, "main", "huge.bin", huge(path))
    loop = around(path)
    factories.register(loop.wiring, path)
    return loop


def add(path: Path, branch: str, name: str, blob: str) -> None:
    """Commit a blob that is there."""
    listed = git(path, "ls-tree", branch) + f"\n100644 blob {blob}\t{name}\n".encode()
    tree = git(path, "mktree", stdin=listed).decode()
    commit = git(path, "commit-tree", tree, "-p", branch, "-m", f"Add {name}").decode()
    git(path, "update-ref", f"refs/heads/{branch}", commit)


def test_a_gigabyte_is_shown_and_changed_around(with_gigabyte: Loop, peak: None) -> None:
    loop = with_gigabyte
    loop.look_at_service()
    assert "1.07 GB" in loop.pages["/services/web/files"]
    assert "too large to be shown" in loop.file("huge.bin")
    assert loop.client.get("/services/web/raw?path=huge.bin").status_code == 422
    loop.look_at_git()
    number = loop.open()
    assert "over 1 MB" in loop.get(f"/work/{number}/files?path=huge.bin")
    loop.commit_text(number)
    loop.look_at_item(number)
    loop.complete(number)
    assert loop.strays() == 0


def test_a_gigabyte_that_comes_in_is_judged_and_not_read(with_gigabyte: Loop, peak: None) -> None:
    loop = with_gigabyte
    number = loop.open()
    loop.commit_text(number)
    for name in ("more.bin", "README.md", "CHANGES.md", "docker-compose.yml"):
        add(loop.path, f"work/{number}-pin-nginx", name, git(loop.path, "rev-parse", "main:huge.bin").decode())
    loop.look_at_item(number)
    verdicts = loop.verdicts(number)
    assert verdicts["size"] == "fail"
    assert loop.client.post(f"/api/v1/work/{number}/complete").status_code == 409


def imported(path: Path, stream: bytes) -> Path:
    """Make a repository from a stream of git fast-import."""
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    git(path, "fast-import", "--quiet", stdin=stream)
    return path


def test_ten_thousand_commits(around: Around, home: Path, peak: None) -> None:
    files = b"".join(
        b"M 100644 inline %s\ndata %d\n%s\n" % (n.encode(), len(t), t.encode()) for n, t in factories.FILES.items()
    )
    stream = [
        b"commit refs/heads/main\ncommitter Ada <ada@example.org> %d +0000\ndata 8\nNo %05d\n" % (1_500_000_000 + n, n)
        + (files if n == 0 else b"M 100644 inline counter\ndata 5\n%05d\n" % n)
        for n in range(10_000)
    ]
    web = imported(home / "web", b"\n".join(stream))
    git(web, "reset", "-q", "--hard")
    loop = around(web)
    loop.run()
    cursor: str | None = ""
    seen = 0
    with at_most(5):
        while cursor is not None and seen < 1000:
            page = loop.client.get("/api/v1/services/web/history", params={"limit": 100, "cursor": cursor}).json()
            seen, cursor = seen + len(page["items"]), page["next"]
    assert seen == 1000


def many_files(path: Path) -> None:
    """Commit 100,000 files of a few contents: 50,000 in one folder, 50,000 in folders that are all the same."""

    def tree(lines: Iterable[str]) -> str:
        return git(path, "mktree", stdin="\n".join(lines).encode()).decode()

    blobs = [git(path, "hash-object", "-w", "--stdin", stdin=b"%d\n" % n).decode() for n in range(10)]
    flat = tree(f"100644 blob {blobs[n % 10]}\t{n:05d}.txt" for n in range(50_000))
    leaf = tree(f"100644 blob {blob}\tf{n}" for n, blob in enumerate(blobs))
    deep = tree(f"040000 tree {leaf}\t{n:03d}" for n in range(50))
    deep = tree(f"040000 tree {deep}\t{n:03d}" for n in range(100))
    top = git(path, "ls-tree", "main").decode()
    every = tree([*top.splitlines(), f"040000 tree {flat}\tflat", f"040000 tree {deep}\tdeep"])
    commit = git(path, "commit-tree", every, "-p", "main", "-m", "Many files").decode()
    git(path, "update-ref", "refs/heads/main", commit)


def test_a_hundred_thousand_files(around: Around, home: Path, peak: None) -> None:
    web = made(home / "web")
    many_files(web)
    # All are in the index. Those on disk are 10,000: writing them takes longer than everything else here, and is git's work.
    git(web, "sparse-checkout", "set", *(f"deep/{n:03d}" for n in range(20)))
    git(web, "reset", "-q", "--hard")
    assert git(web, "ls-files").count(b"\n") > 100_000
    loop = around(web)
    loop.scan()
    loop.look_at_service()
    assert "has more than these" in loop.file("flat")
    assert len(loop.client.get("/api/v1/services/web/files?path=flat").json()["entries"]) == 1000
    number = loop.open()
    assert "has more than these" in loop.get(f"/work/{number}/files?path=flat")
    loop.commit_text(number)
    for path in ("flat/00001.txt", "deep/000/000/f1"):
        factories.committed(loop.wiring, number, "changed\n", path)
    loop.look_at_item(number)
    loop.complete(number)
    assert loop.look_at_git()["badges"] == ["clean"]
    assert (web / "deep" / "000" / "000" / "f1").read_text() == "changed\n"
    assert git(web, "show", "main:flat/00001.txt") == b"changed"

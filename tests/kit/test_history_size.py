"""A repository with ten thousand commits is read within seconds, and still as git reads it."""

import random
import subprocess
from pathlib import Path

from calcifer.kit.git.history import Source, parts, trace_all
from tests.kit.history import git, read_by_git
from tests.pace import at_most

COMMITS = 10_000
FOLDERS = [f"service{number}" for number in range(10)]


def large(path: Path) -> Path:
    """Make the repository: work on main and on short branches that are merged."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(path)], check=True)
    chance, out, count = random.Random(1), bytearray(), 0

    def commit(branch: str, parents: list[int], folder: str) -> int:
        nonlocal count
        count += 1
        who = f"Ada <ada@example.org> {1_600_000_000 + count} +0000"
        joined = "".join(f"{'merge' if place else 'from'} :{parent}\n" for place, parent in enumerate(parents))
        content = f"{chance.random()}\n" * 9
        out.extend(
            f"commit refs/heads/{branch}\nmark :{count}\nauthor {who}\ncommitter {who}\ndata 2\nx\n{joined}"
            f"M 644 inline {folder}/{chance.choice('abc')}/f{chance.randrange(9)}\ndata {len(content)}\n{content}\n".encode()
        )
        return count

    main = commit("main", [], FOLDERS[0])
    tips = [main]
    while count < COMMITS - 3:
        folder = chance.choice(FOLDERS)
        side = commit("side", [chance.choice(tips[-40:])], folder) if chance.random() < 0.4 else 0
        main = commit("main", [main, side] if side else [main], folder)
        tips.append(main)
    while count < COMMITS:
        main = commit("main", [main], FOLDERS[1])
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=path, input=bytes(out), check=True)
    return path


def test_ten_thousand_commits_are_read_within_seconds(tmp_path: Path) -> None:
    path = large(tmp_path / "large")
    with Source(path) as source, at_most(30):
        traces = trace_all(source, source.tip("main"), [parts({folder: ""}) for folder in FOLDERS])
    assert int(git(path, "rev-list", "--count", "main")) == COMMITS
    assert {one.oid for one in traces[3].kept} == read_by_git(path, [FOLDERS[3]])
    assert len(traces[3].kept) > 500

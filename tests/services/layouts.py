"""A directory as people have it: one repository above an application and its documentation, with a history of its own."""

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from calcifer.services.service.conversion import Report
from tests.kit import history
from tests.kit.history import all_paths, git, read_by_git, renames_by_git
from tests.source import ROOT

APP = "calcifer-app"
Convert = Callable[..., Report]
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
BACKUP = "calcifer-backup-2026-01-31-120000"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
IGNORE = """\
# What Python leaves
__pycache__/
*.log
!keep.log

# Secrets
.env
/calcifer-app/secret.txt
calcifer-app/data/
/*/cache
calcifer-app/**/generated

# Elsewhere
/other/build
docs/_build/
/notes.txt
"""
TESTS = "#!/bin/sh\ntest -f src/main.py && test -f run.sh\n"


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files by their paths."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def commit(root: Path, message: str, files: Mapping[str, str | bytes] | None = None) -> str:
    """Write files, commit everything but repositories, return the commit."""
    write(root, files or {})
    git(root, "add", "-A", "--", ".", ":(exclude)project-y", f":(exclude){APP}/vendored")
    git(root, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD")


def text(name: str, lines: int = 30) -> str:
    """A file like no other one."""
    return "".join(f"{name} {line}\n" for line in range(lines))


def layout(root: Path) -> Path:
    """Renames, merges, a branch, tags, ignored secrets and data, a staged edit, an edit, a deletion, untracked files."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    commit(root, "Begin", {"README.md": "# All\n", ".gitignore": "*.log\n"})
    old = {f"backend/src/{name}.py": text(name) for name in ("main", "web", "jobs")}
    commit(root, "Write the backend", old | {"backend/compose.yaml": "services:\n  web:\n    image: nginx:1.27\n"})
    commit(root, "Document", {"docs/guide.md": "# Guide\n", "docs/pictures/one.png": PNG})
    git(root, "tag", "-a", "v1", "-m", "First")
    git(root, "mv", "backend", APP)
    commit(root, "Call it calcifer-app")
    git(root, "switch", "-q", "-c", "feature")
    commit(root, "Feature", {f"{APP}/src/feature.py": text("feature")})
    git(root, "switch", "-q", "main")
    commit(root, "Elsewhere", {"other/compose.yaml": "services: {}\n"})
    commit(root, "Explain", {"docs/more.md": "# More\n"})
    git(root, "merge", "-q", "--no-ff", "-m", "Merge the feature", "feature")
    git(root, "branch", "-q", "-d", "feature")
    git(root, "mv", "docs/more.md", "docs/reference.md")
    commit(root, "Rename a page")
    commit(
        root,
        "Rules",
        {
            ".gitignore": IGNORE,
            f"{APP}/.gitignore": "/build/\n",
            "docs/.gitignore": "*.tmp\n",
            f"{APP}/run.sh": TESTS,
            f"{APP}/old.txt": "old\n",
        },
    )
    (root / APP / "run.sh").chmod(0o755)
    (root / APP / "link").symlink_to("run.sh")
    commit(root, "A script")
    git(root, "switch", "-q", "-c", "work")
    commit(root, "Half done", {f"{APP}/src/half.py": text("half")})
    git(root, "switch", "-q", "main")
    write(
        root,
        {
            f"{APP}/.env": "PASSWORD=secret-of-the-env\n",
            f"{APP}/secret.txt": "secret\n",
            f"{APP}/data/app.sqlite": b"SQLite format 3\0" + bytes(100),
            f"{APP}/cache/x": "x",
            f"{APP}/src/generated/x.py": "x",
            f"{APP}/build/x": "x",
            f"{APP}/a.log": "log",
            f"{APP}/keep.log": "kept",
            f"{APP}/new.txt": "untracked\n",
            f"{APP}/src/web.py": text("web") + "edited\n",
            f"{APP}/src/jobs.py": text("jobs") + "staged\n",
            "docs/_build/index.html": "<p>",
            "docs/draft.md": "untracked\n",
            "docs/guide.md": "# Guide\n\nedited\n",
            "docs/x.tmp": "t",
            "notes.txt": "mine",
            "project-x/compose.yaml": "services: {}\n",
            "README.md": "# All\n\nedited\n",
        },
    )
    git(root, "add", f"{APP}/src/jobs.py")
    write(root, {f"{APP}/src/jobs.py": text("jobs") + "staged and edited\n", f"{APP}/intended.txt": "i"})
    git(root, "add", "-N", f"{APP}/intended.txt")
    (root / APP / "old.txt").unlink()
    (root / APP / ".env").chmod(0o600)
    (root / "project-x").chmod(0o750)
    (root / APP / "outside").symlink_to("/nowhere/at/all")
    os.utime(root / APP / "new.txt", ns=(1_000_000_000_123_456_789, 1_000_000_000_123_456_789))
    for name in ("project-y", f"{APP}/vendored"):
        git(root, "init", "-q", name)
        commit(root / name, "Its own", {"x": "x"})
    os.link(root / APP / "new.txt", root / APP / "same.txt")
    return root


EDITS = [
    " A intended.txt",
    " D old.txt",
    " M docs/guide.md",
    " M src/web.py",
    "?? docs/draft.md",
    "?? keep.log",
    "?? new.txt",
    "?? outside",
    "?? same.txt",
    "?? vendored/",
    "MM src/jobs.py",
]
IGNORED = {".env", "secret.txt", "data/", "cache/", "src/generated/", "build/", "a.log", "docs/_build/", "docs/x.tmp"}


def state(folder: Path) -> dict[bytes, tuple[int, int, int, bytes]]:
    """Everything below a directory, itself included: mode, time, hard links, content or where a link points."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        if path.is_symlink():
            content = os.fsencode(path.readlink())
        else:
            content = b"" if path.is_dir() else hashlib.sha256(path.read_bytes()).digest()
        links = 1 if stat.S_ISDIR(status.st_mode) else status.st_nlink
        found[os.fsencode(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, links, content)
    return found


def edits(app: Path) -> list[str]:
    """What git says is not committed."""
    done = subprocess.run(
        ["git", "--no-optional-locks", "status", "--porcelain", "-uall"],
        cwd=app,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(done.stdout.splitlines())


def ignored(app: Path) -> set[str]:
    """What git ignores."""
    said = git(app, "status", "--porcelain", "--ignored=matching", "-uall").splitlines()
    return {line[3:] for line in said if line.startswith("!!")}


def program_of(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `calcifer` as a person does, without a terminal, in the workspace `root`."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "CALCIFER_HOME": str(root)}
    command = [sys.executable, "-m", "calcifer", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def told(root: Path, *commits: str) -> list[str]:
    """What commits say of themselves, sorted."""
    return sorted(said.strip() for said in history.told(root, *commits))


def wanted_history(root: Path) -> list[str]:
    """What git finds for the application, for what it was, and for the documentation."""
    paths = [*all_paths(APP, renames_by_git(root, "main")), *all_paths("docs", renames_by_git(root, "main"))]
    assert "backend" in paths
    return told(root, *read_by_git(root, paths, "main"))


def is_converted(root: Path, kept: Path, before: dict[bytes, tuple[int, int, int, bytes]]) -> None:
    """What has to hold afterwards, whatever happened in between."""
    app = root / APP
    assert sorted(path.name for path in root.iterdir()) == [
        "README.md",
        APP,
        "notes.txt",
        "other",
        "project-x",
        "project-y",
    ]
    assert (app / ".git").is_dir()
    commits = git(app, "rev-list", "HEAD").split()
    assert git(app, "log", "-1", "--format=%an %s") == "Ada Lovelace Take in the rules of the repository around"
    assert told(app, *commits[1:]) == wanted_history(kept)
    assert edits(app) == sorted(EDITS)
    assert ignored(app) == IGNORED
    tracked = git(app, "ls-files").splitlines()
    assert not {".env", "secret.txt", "data/app.sqlite"} & set(tracked)
    assert "secret-of-the-env" not in git(app, "log", "-p", "--all")
    git(app, "fsck", "--strict")
    assert git(app, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert git(app, "branch", "--format=%(refname:short)").split() == ["main", "work"]
    assert git(app, "log", "-1", "--format=%s", "work") == "Half done"
    assert git(app, "tag", "-n1") == "v1              First"
    assert git(app, "show", ":src/jobs.py").endswith("\nstaged")
    after = state(root)
    for path, was in before.items():
        place = moved(path)
        if place and path not in (b".", b"docs", os.fsencode(APP), f"{APP}/.gitignore".encode()):
            assert after[place] == was, path
    assert (app / "docs/pictures/one.png").read_bytes() == PNG
    assert state(kept) == before


def moved(path: bytes) -> bytes | None:
    """Where a path of the root is afterwards; None for what is gone."""
    if path in (b".git", b".gitignore") or path.startswith(b".git/"):
        return None
    if path == b"docs" or path.startswith(b"docs/"):
        return os.fsencode(APP) + b"/" + path
    return path

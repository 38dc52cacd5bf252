"""A directory as people have it: one repository above an application and its documentation, with a history of its own."""

import hashlib
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.kit.history import git

APP = "calcifer-app"
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

"""The 39 real compose projects, and directories to adopt."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.source import ROOT

NGINX = "services:\n  web:\n    image: nginx:1.27\n"


def bundle() -> Path:
    """The bundle of real projects; skips where this machine does not have it."""
    folder = Path(os.environ.get("CALCIFER_TEST_DATA") or ROOT.parent / "shared" / "data")
    path = folder / "awesome-compose.bundle"
    if not path.is_file():
        pytest.skip(f"{path.name} is neither beside the project (../shared/data) nor in CALCIFER_TEST_DATA")
    return path


def cloned(target: Path) -> Path:
    """A clone of the bundle."""
    subprocess.run(["git", "clone", "-q", str(bundle()), str(target)], check=True, capture_output=True)
    return target


def stack(folder: Path, files: dict[str, str | bytes] | None = None, compose: str | None = NGINX) -> Path:
    """A plain directory with a compose file and `files` by their paths."""
    folder.mkdir(parents=True)
    wanted: dict[str, str | bytes] = {} if compose is None else {"compose.yaml": compose}
    for name, content in (wanted | (files or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def snapshot(folder: Path, *, without: tuple[str, ...] = (".git",)) -> dict[bytes, tuple[int, bytes]]:
    """Mode and content (of a link: where it points) of everything below a directory."""
    found = {}
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in without]
        for name in folders + files:
            path = Path(where) / name
            status = path.lstat()
            content = os.fsencode(path.readlink()) if path.is_symlink() else b"" if path.is_dir() else path.read_bytes()
            found[os.fsencode(path.relative_to(folder))] = (status.st_mode, content)
    return found

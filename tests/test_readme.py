"""What the README shows works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def block(heading: str) -> str:
    """Return the shell commands of a section, all its blocks joined."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL))


def test_the_example_of_a_change_can_be_followed_word_for_word(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {"HOME": str(home), "PATH": path, "LANG": "C.UTF-8", "GIT_PAGER": "cat"}
    commands = "set -e -o pipefail\n" + block("What a change is")
    done = subprocess.run(["bash", "-c", commands], cwd=home, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Service Change: Pin nginx (#1)" in done.stdout
    assert "- Ada - Service Change (#1)" in done.stdout
    assert "Tried on the test host." in done.stdout
    assert "nginx:1.29.3-alpine" in (home / "calcifer" / "web" / "docker-compose.yml").read_text()

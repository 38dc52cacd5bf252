"""The command line as a whole."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from calcifer import cli, server
from calcifer.kit.errors import CalciferError

ROOT = Path(__file__).parents[1]


def program(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `calcifer` as a person does, without a terminal."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "CALCIFER_HOME": str(home)} | environment
    command = [sys.executable, "-m", "calcifer", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_help_names_every_domain_and_loads_none(home: Path) -> None:
    code = "import sys; from calcifer import cli; cli.run(['--help']); print(*sys.modules, file=sys.stderr)"
    env = os.environ | {"PYTHONPATH": str(ROOT / "src"), "CALCIFER_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    for name in cli.DOMAINS:
        assert (f" {name} " in done.stdout) is cli.exists(name)
    assert not {"sqlalchemy", "fastapi", "dbos", "pygit2"} & set(done.stderr.split())
    assert not (home / "var").exists()


@pytest.mark.bench
def test_help_is_there_in_half_a_second(home: Path) -> None:
    installed = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home.parent / "bytecode")}
    times = []
    for _ in range(4):
        began = time.perf_counter()
        program("--help", home=home, **installed)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.5


def test_shortcuts_are_commands_of_their_domain() -> None:
    for name, domain in cli.SHORTCUTS.items():
        if cli.exists(domain):
            assert name in cli.load(domain).commands


def test_version(home: Path) -> None:
    done = program("--version", home=home)
    assert (done.returncode, done.stdout.split()[0]) == (0, "calcifer")


def test_what_is_no_command_is_an_error_of_usage(home: Path) -> None:
    done = program("nonsense", home=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such command" in done.stderr


def test_completion_knows_the_commands_of_a_domain(home: Path) -> None:
    complete = {"_CALCIFER_COMPLETE": "complete_bash", "COMP_WORDS": "calcifer accounts ", "COMP_CWORD": "2"}
    done = program(home=home, **complete)
    assert "setup" in done.stdout.split()
    complete |= {"COMP_WORDS": "calcifer a", "COMP_CWORD": "1"}
    assert "accounts" in program(home=home, **complete).stdout.split()


def test_an_error_is_a_sentence_and_never_a_traceback(home: Path) -> None:
    done = program("accounts", "tokens", home=home, CALCIFER_PORT="zero")
    assert done.returncode == 2
    assert done.stderr.startswith("Error: CALCIFER_PORT is a number")


def test_a_workspace_that_is_a_repository_is_refused(home: Path) -> None:
    (home / ".git").mkdir()
    done = program("accounts", "tokens", home=home)
    assert (done.returncode, done.stdout) == (5, "")
    assert "itself a git repository" in done.stderr
    assert "→" in done.stderr


def test_a_workspace_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = program("accounts", "tokens", home=tmp_path / "file")
    assert done.returncode == 6
    assert "cannot be used: Not a directory" in done.stderr


def test_a_defect_is_in_the_log_under_its_id(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_settings: object) -> None:
        raise ZeroDivisionError("nobody expected this")

    monkeypatch.setenv("CALCIFER_HOME", str(home))
    monkeypatch.setattr(server, "serve", broken)
    assert cli.run(["serve"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    fault = err.partition("The log has it as ")[2][:8]
    log = (home / "var" / "logs" / "calcifer.log").read_text()
    assert fault in log
    assert "nobody expected this" in log


def test_a_sentence_ends_a_command_with_its_code(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def refused(_settings: object) -> None:
        raise CalciferError("No.")

    monkeypatch.setenv("CALCIFER_HOME", str(home))
    monkeypatch.setattr(server, "serve", refused)
    assert cli.run(["serve"]) == 1

"""A command of a person runs alone, ends in time, leaves nothing behind and tells its end."""

from pathlib import Path

import pytest

from calcifer.kit import commands
from calcifer.kit.commands import Ended, plain, run
from tests.pace import at_most


@pytest.fixture
def ended(tmp_path: Path) -> "Runner":
    """Run a command in a directory of its own."""
    return Runner(tmp_path)


class Runner:
    """Runs commands that are marked by the test's directory."""

    def __init__(self, folder: Path) -> None:
        self.mark = str(folder)
        self.folder = folder

    def __call__(self, command: str, limit_seconds: float = 30) -> Ended:
        return run(command, cwd=self.folder, home=self.folder, mark=self.mark, limit_seconds=limit_seconds)

    def left(self) -> set[int]:
        """Processes of the run that are still there."""
        return commands._marked(self.mark)


def test_its_code_and_both_outputs_are_told(ended: Runner) -> None:
    done = ended("echo out; echo err >&2; exit 3")
    assert (done.exit_code, done.output) == (3, "out\nerr")
    assert ended("kill -9 $$").exit_code == 137
    assert ended("no-such-program-here").exit_code == 127


def test_it_sees_nothing_of_ours(ended: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "CALCIFER_DATABASE_URL",
        "GIT_SSH_COMMAND",
        "SSH_AUTH_SOCK",
        "AWS_SECRET_ACCESS_KEY",
        "DATABASE_PASSWORD",
    ):
        monkeypatch.setenv(name, "of ours")
    seen = dict(line.split("=", 1) for line in ended("env").output.splitlines())
    assert set(seen) <= {*commands.ALLOWED, commands.MARK, "HOME", "TMPDIR", "CI", "TERM", "PWD", "SHLVL", "_"}
    assert seen["HOME"] == str(ended.folder)
    assert "of ours" not in seen.values()


def test_nobody_answers_it(ended: Runner) -> None:
    assert (
        ended("cat; test -t 0 || echo no terminal; (echo x > /dev/tty) 2>/dev/null || echo none").output
        == "no terminal\nnone"
    )


def test_one_that_hangs_ends_at_its_limit_with_all_its_children(ended: Runner) -> None:
    done = ended("sleep 600 & setsid sleep 600 & (sleep 600; echo x) & echo begun; sleep 600", limit_seconds=1)
    assert (done.exit_code, done.output) == (None, "begun")
    assert 1 <= done.seconds < 8
    assert not ended.left()


def test_one_that_ignores_the_request_to_end_is_killed(ended: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "GRACE_SECONDS", 0.5)
    done = ended("trap '' TERM; echo deaf; while :; do sleep 0.1; done", limit_seconds=0.5)
    assert (done.exit_code, done.output) == (None, "deaf")
    assert not ended.left()


def test_one_that_can_clean_up_is_let(ended: Runner) -> None:
    assert (
        ended("trap 'echo cleaned; exit 0' TERM; echo begun; sleep 600 & wait", limit_seconds=0.5).output
        == "begun\ncleaned"
    )


def test_what_it_leaves_in_the_background_ends_with_it(ended: Runner) -> None:
    done = ended("sleep 600 & setsid sleep 600 & echo bye")
    assert (done.exit_code, done.output) == (0, "bye")
    assert done.seconds < 8
    assert not ended.left()


def test_one_that_forks_without_end_is_beaten(ended: Runner) -> None:
    script = ended.folder / "fork"
    script.write_text(
        "#!/bin/sh\nn=${1:-0}\n[ $n -gt 4 ] && exec sleep 600\nsetsid sh $0 $((n+1)) & sh $0 $((n+1)) &\nwait\n"
    )
    done = ended(f"sh {script}", limit_seconds=1)
    assert done.exit_code is None
    assert not ended.left()


def test_of_a_hundred_megabytes_the_end_is_kept(ended: Runner) -> None:
    done = ended("yes 0123456789 | head -c 100000000; echo the end")
    assert len(done.output) <= 20_000
    assert done.output.startswith("… (the beginning is left out)\n")
    assert done.output.endswith("the end")


def test_one_that_closes_its_output_is_waited_for(ended: Runner) -> None:
    done = ended("exec >&- 2>&-; sleep 0.3; exit 4")
    assert (done.exit_code, done.output) == (4, "")
    assert done.seconds >= 0.3


def test_output_reads_as_on_a_terminal() -> None:
    assert plain("10%\r50%\r100%\n\x1b[31;1mred\x1b[0m\x00\r\n\x1b]0;title\x07bell\x07\n\n") == "100%\nred\nbell"
    assert plain("x" * 20_001).endswith("x" * 19_000)
    with at_most(5):
        plain("x" * 160_000 + "\x1b]" * 80_000)


def test_where_nothing_can_be_started_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        run("true", cwd=tmp_path / "none", home=tmp_path, mark="x", limit_seconds=1)


def test_the_process_is_reaped(ended: Runner) -> None:
    before = children()
    ended("true")
    assert children() <= before


def children() -> set[int]:
    """Return the processes that this one has started and not waited for; other tests may have left some to the end of the run."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found

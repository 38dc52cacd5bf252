"""Opening, committing and completing, as the forms of the pages do it."""

from pathlib import Path

from bench.asking import Browser
from bench.data import OWNER, Workspace, file_name, git
from bench.timing import Line, Samples, line, timed
from calcifer.work import service as work
from calcifer.work.schemas import ItemChanges

TIMES_EACH = 60
COMPLETIONS = 41
OPEN_SECONDS = COMMIT_SECONDS = 0.008
COMPLETE_SECONDS = 0.030


def measure(made: Workspace, scratch: Path) -> list[Line]:
    """Return the lines of the three verbs; the items that are opened get the commits, and some of them complete."""
    browser = Browser(made.app, made.secret)
    opening, committing, completing = Samples(), Samples(), Samples()
    numbers = []
    for turn in range(TIMES_EACH + 1):
        seconds, location = browser.post(
            "/work/open",
            title=f"Raise limit {turn} of the proxy",
            reason="It is too low since the update, and requests are refused.",
            category="service",
            action="change",
            service_name=made.name,
        )
        numbers.append(int(location.rpartition("/")[2]))
        opening.seconds.append(seconds)
    for turn, number in enumerate(numbers):
        seconds, _ = browser.post(
            f"/work/{number}/commit",
            message="Raise the limit",
            entry="The limit is higher.",
            file=file_name(900 - turn),
            content=f"limit = {turn}\n" * 30,
        )
        committing.seconds.append(seconds)
    for number in numbers[:COMPLETIONS]:
        with made.wiring.units.write(OWNER) as uow:
            item = work.edit(uow, number, ItemChanges(notes="Tried on the test host for a day."))
            for at in range(1, len(item.checklist) + 1):
                work.tick(uow, number, at)
    for number in numbers[:COMPLETIONS]:
        completing.seconds.append(browser.post(f"/work/{number}/complete")[0])
    browser.close()
    for samples in (opening, committing, completing):
        del samples.seconds[0]  # prepares statements; the first completion finds main where the branch began
    peers = _peers(made, scratch)
    return [
        line("open an item", opening, OPEN_SECONDS, peers[0], "fast-import: two refs, a commit"),
        line("commit an edit", committing, COMMIT_SECONDS, peers[1], "fast-import: a commit"),
        line("complete an item, after 500", completing, COMPLETE_SECONDS, peers[2], "merge --no-ff"),
    ]


def _peers(made: Workspace, scratch: Path) -> list[Samples]:
    """Let plain git processes do the same in a clone: without rules, records, change entries and a database."""
    path = scratch / "plain"
    git(scratch, "clone", "-q", "--no-hardlinks", str(made.path), str(path))
    git(path, "config", "user.name", OWNER.name)
    git(path, "config", "user.email", OWNER.mail)
    turns = iter(range(1000))

    def open_one() -> None:
        turn = next(turns)
        given = (
            f"commit refs/calcifer/items/{turn}\ncommitter A <a@b> 1700000000 +0000\ndata 5\nOpen\n\n"
            f"M 100644 inline item.md\ndata 300\n{str(turn).rjust(300, '.')}\n"
            f"reset refs/heads/work/plain-{turn}\nfrom {main}\n\n"
        )
        git(path, "fast-import", "--quiet", given=given.encode())

    def commit_one() -> None:
        turn = next(turns)
        text = f"limit = {turn}\n" * 30
        given = (
            f"commit refs/heads/branch-{turn}\ncommitter A <a@b> 1700000000 +0000\ndata 6\nRaise\n\nfrom {main}\n"
            f"M 100644 inline {file_name(turn)}\ndata {len(text)}\n{text}\n"
            f"M 100644 inline changes.d/{turn}.md\ndata 20\nThe limit is higher\n\n"
        )
        git(path, "fast-import", "--quiet", given=given.encode())
        branches.append(f"branch-{turn}")

    main = git(path, "rev-parse", "main")
    branches: list[str] = []
    opening = timed(open_one, 30, before=1)
    committing = timed(commit_one, 30, before=1)
    completing = timed(lambda: git(path, "merge", "--no-ff", "-q", "-m", "Merge", branches.pop()), 20, before=1)
    return [opening, committing, completing]

"""The pages that people look at most, in the large workspace and in the small one."""

from bench.asking import Browser, Refused
from bench.data import NOBODY, OWNER, Workspace, file_name, git
from bench.timing import TIMES, Line, Samples, line, timed
from calcifer.work import queries
from calcifer.work import service as work
from calcifer.work.schemas import FileContent, ItemChanges, NewChange, NewCommit, NewItem

TIMES_EACH = 200
ROUNDS = 5
TARGET_SECONDS = 0.005
TARGET_RATIO = 1.3
LISTS = {"control panel": "/", "work list": "/work", "service list": "/services"}


def measure(large: Workspace, small: Workspace) -> list[Line]:
    """Return a line for each page, and one for what it takes more than in the small workspace."""
    lines = []
    browsers = Browser(large.app, large.secret), Browser(small.app, small.secret)
    numbers = [_worked_on(made) for made in (large, small)]
    pages = {name: (path, path) for name, path in LISTS.items()} | {
        "item page": (f"/work/{numbers[0]}", f"/work/{numbers[1]}")
    }
    for name, (path, small_path) in pages.items():
        try:
            much, few = _in_turns(browsers, path, small_path)
        except Refused as refused:
            print(f"not measured: {refused}")
            continue
        peer = _ask_git(large, numbers[0]) if name == "item page" else None
        lines.append(line(name, much, TARGET_SECONDS, peer, "rev-list, merge-tree, diff" if peer else ""))
        ratio, noise = much.median / few.median, (much.noise + few.noise) / few.median
        lines.append(Line(f"{name}, against 10 items and 10 services", ratio, noise, TARGET_RATIO, TIMES))
    for browser in browsers:
        browser.close()
    return lines


def _in_turns(browsers: tuple[Browser, Browser], path: str, small_path: str) -> tuple[Samples, Samples]:
    """Measure both workspaces in turns, so that a busy moment of the machine hits both."""
    much, few = Samples(), Samples()
    for turn in range(ROUNDS + 1):
        for browser, at, samples in ((browsers[0], path, much), (browsers[1], small_path, few)):
            seconds = [browser.get(at) for _ in range(TIMES_EACH // ROUNDS)]
            samples.seconds += seconds if turn else []
    return much, few


def _worked_on(made: Workspace) -> int:
    """Open an item, tick, note and commit, and let another one be merged meanwhile; return its number."""
    with made.wiring.units.write(OWNER) as uow:
        number = work.open(uow, NewItem(title="Raise the limits", reason="They are too low.", service=made.name)).number
        work.tick(uow, number, 1)
        work.edit(uow, number, ItemChanges(notes="Tried on the *test host* for a day; nothing was refused any more."))
    for turn in range(3):
        new = NewCommit(
            message=f"Raise limit {turn}",
            entry="The limits are higher.",
            files=[FileContent(path=f"part00/limit{turn}.txt", content=f"limit = {turn}\n")],
        )
        with made.wiring.units.write(OWNER) as uow:
            work.commit(uow, number, new)
    with made.wiring.units.write(OWNER) as uow:
        files = [FileContent(path=file_name(2), content="meanwhile\n")]
        work.change(uow, NewChange(service=made.name, reason="Change something else meanwhile.", files=files))
    return number


def _ask_git(made: Workspace, number: int) -> Samples:
    """Ask git processes for what the page of an item tells of its branch."""
    with made.wiring.units.read(NOBODY) as uow:
        branch = queries.get_item(uow.db, number).branch
    assert branch

    def ask() -> None:
        git(made.path, "rev-list", "--left-right", "--count", f"main...{branch}")
        git(made.path, "merge-tree", "--write-tree", "main", branch)
        git(made.path, "diff", "--name-only", f"main...{branch}")

    return timed(ask, 20, before=2)

"""Looking at hosts: `look`."""

from typing import Annotated

import typer

from calcifer.deployments import service
from calcifer.deployments.cli.routes import commands
from calcifer.deployments.looks import ContainerOut, LookOut, StackOut
from calcifer.deployments.service.looks import find_look, known
from calcifer.hosts import queries as hosts
from calcifer.kit import terminal
from calcifer.kit.terminal import Columns, Json, reading, say, show, writing

INCOMPLETE = 5
PROBLEMS: Columns = {
    "How bad": "weight",
    "What": "sentence",
    "Where": lambda one: [*one.where[:5], *([f"{one.places - 5:,} more"] if one.places > 5 else [])],
    "What to do": "mend",
}


def git_of(stack: StackOut) -> str:
    """Return in a word how a stack's files stand to git, and to main of its service."""
    if stack.main is not None:
        differs = len(stack.main.changed) + len(stack.main.missing)
        said = f"{differs} differ from main" if differs else "as main"
        return f"{stack.service}: {stack.main.reason or said}"
    git = stack.git
    ways = [f"{git.ahead} ahead"] if git.ahead else []
    ways += [f"{git.behind} behind"] if git.behind else []
    words = {"none": "none", "foreign": "another user's", "unread": "not readable", "": "not asked"}
    return words.get(git.state) or " ".join([git.state, *ways])


def image_of(one: ContainerOut) -> str:
    """Return an image, and whether its registry has a newer one."""
    return f"{one.image} (newer there)" if one.newest else one.image


STACKS: Columns = {
    "Stack": lambda one: one.name or "(no stack)",
    "Running": lambda one: f"{one.running_count} of {one.container_count}",
    "Directory": "directory",
    "Git": git_of,
    "Images": lambda one: list(dict.fromkeys(image_of(container) for container in one.containers[:10])),
    "Ports": lambda one: list(dict.fromkeys(container.ports for container in one.containers[:10] if container.ports)),
    "Lacks": "kinds",
}


@commands.command("look")
def look(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[HOST]...", help="Hosts; all where none is given.")
    ] = None,
    updates: Annotated[
        bool, typer.Option("--updates", help="Also ask registries for newer contents of the images that are seen.")
    ] = False,
    json: Json = False,
) -> None:
    """Say what runs on hosts, from which files, and what is wrong with it; changes nothing. Ends with 5 where one was not seen."""
    with writing(settle=False) as uow:
        promised = [(row.id, row.subject) for row in service.look(uow, names or [], updates=updates)]
    failures = [row.failure for row in terminal.follow([row_id for row_id, _ in promised]) if row.failure is not None]
    with reading() as uow:
        found = [hosts.get_host(uow.db, name) for name in dict.fromkeys(name for _, name in promised)]
        seen = [(host, find_look(uow, host)) for host in found]
        looks = [LookOut.whole(host, one, known(uow, one)) for host, one in seen]
    told(looks, json=json)
    for failure in failures:
        terminal.warn(failure)
    if failures or any(one.error for one in looks):
        raise typer.Exit(INCOMPLETE)


def told(looks: list[LookOut], *, json: bool) -> None:
    """Print what was seen: of each host what is wrong, the heaviest first, then what runs."""
    if json or not looks:
        show(looks, json=json, empty="There is no host yet: calcifer hosts add NAME [SSH-TARGET]")
        return
    for one in looks:
        say(summary(one))
        if one.mend:
            say(f"  → {one.mend}")
        if one.seen_at is not None:
            show(one.found, columns=PROBLEMS, empty="Nothing is wrong.")
            show(one.stacks, columns=STACKS, empty="No container is on it.")
            say(one.updates)


def summary(one: LookOut) -> str:
    """Return a host in a line."""
    if one.error:
        return f"{one.host}: {one.error}"
    stacks = "stack" if one.stack_count == 1 else "stacks"
    counts = ", ".join(f"{count:,} {word}" for word, count in one.counts.items() if count) or "nothing wrong"
    return f"{one.host}: {one.stack_count:,} {stacks}, {one.running_count:,} of {one.container_count:,} containers run; {counts}"

"""Brings the stacks of a directory on another machine: one connection lists them, one copies what is read."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from calcifer.kit.errors import CalciferError, Conflict
from calcifer.kit.git import founding
from calcifer.kit.git.names import checked_path
from calcifer.kit.ssh import Host, running
from calcifer.kit.uow import Actor
from calcifer.services import distant
from calcifer.services.distant import Choice, Stack
from calcifer.services.elsewhere import Brought, Found, Tell
from calcifer.services.naming import mark_source
from calcifer.services.planning import NO_COMPOSE, Step
from calcifer.services.service.adoption import first_commit
from calcifer.services.withheld import Withheld, withheld

NOT_READ = "could not be read there by the user that ssh signs in as, or is a link that leads elsewhere"


class Directory:
    """A directory of stacks, or a stack, on another machine."""

    def __init__(self, host: Host, root: str, *, tell: Tell, actor: Actor, clock: Callable[[], datetime]) -> None:
        """Keep what was asked for; nothing is asked yet."""
        self._host, self._root, self._tell, self._actor, self._clock = host, root, tell, actor, clock
        self._choices: dict[str, tuple[str, Choice]] = {}

    def look(self) -> list[Found]:
        """List the stacks, by name."""
        self._tell(f"Listing {self._root} on {self._host}")
        bounds = {"seconds": distant.LISTING_SECONDS, "most_bytes": distant.LISTING_BYTES}
        with running(self._host, distant.listing_script(self._root), **bounds) as stream:  # type: ignore[arg-type]
            there = distant.stacks(distant.records(stream))
        if not there:
            raise Conflict(f"{self._root} on {self._host} has no directories in it.")
        return [self._found(stack) for stack in sorted(there, key=lambda stack: stack.name)]

    def _found(self, stack: Stack) -> Found:
        path = self._root.rpartition("/")[2] if stack.name == "." else stack.name
        here = self._root if stack.name == "." else f"{self._root}/{stack.name}"
        source = f"ssh://{self._host}{here}"
        try:
            checked_path(path)
            if not stack.has_compose:
                raise Conflict(NO_COMPOSE)
            choice = distant.chosen(stack, here)
        except CalciferError as error:
            return Found(path, source, "none", reason=error.message, by_default=False)
        self._choices[source] = ("" if stack.name == "." else f"{stack.name}/", choice)
        return Found(path, source, "read", files=choice.taken, withheld=choice.withheld + choice.odd)

    def bring(self, chosen: list[Found], folder: Path) -> Iterator[Brought]:
        """Copy what is read of all of them, then make a repository of each."""
        if not chosen:
            return
        wanted: dict[str, Path] = {}
        for one in chosen:
            above, choice = self._choices[one.source]
            wanted |= {above + path: folder / one.name / path for path in choice.taken}
        self._tell(f"Reading {len(wanted)} files of {len(chosen)} directories")
        bounds = {"seconds": distant.COPY_SECONDS, "most_bytes": distant.COPY_BYTES}
        with running(self._host, distant.copying_script(self._root, wanted), **bounds) as stream:  # type: ignore[arg-type]
            came = distant.unpacked(stream, wanted)
        founding.init(folder / ".scratch")
        for number, one in enumerate(chosen, 1):
            self._tell(f"{number} of {len(chosen)}: {one.name}")
            above, choice = self._choices[one.source]
            missing = [Withheld(path, NOT_READ) for path in choice.taken if above + path not in came]
            try:
                out = self._made(one, choice, missing, folder)
                yield replace(one, withheld=out), folder / one.name
            except CalciferError as error:
                yield one, error

    def _made(self, one: Found, choice: Choice, missing: list[Withheld], folder: Path) -> tuple[Withheld, ...]:
        made = folder / one.name
        if not (made / choice.compose).is_file():
            raise Conflict(f"its {choice.compose} could not be read.")
        there = founding.candidates(folder / ".scratch", made)
        found = withheld(made, there, choice.mounted, ())
        out = tuple(sorted({*choice.withheld, *missing, *found}, key=lambda one: one.path))
        _keep_only(made, _kept(there.files, out))
        founding.init(folder / f".git-{one.name}")
        (folder / f".git-{one.name}" / ".git").rename(made / ".git")
        step = Step(one.name, "copy", one.source, made, choice.compose, out)
        first_commit(step, made / ".git", made, self._actor, self._clock())
        mark_source(made / ".git", one.source)
        return out + choice.odd


def _kept(files: list[str], out: tuple[Withheld, ...]) -> set[str]:
    folders = tuple(one.path for one in out if one.path.endswith("/"))
    single = {one.path for one in out}
    return {name for name in files if name not in single and not (folders and name.startswith(folders))}


def _keep_only(made: Path, kept: set[str]) -> None:
    """Remove what does not come into the first commit: it stays where it is, and no second copy of it lies about here."""
    for above, folders, files in os.walk(made, topdown=False):
        for name in files + [folder for folder in folders if (Path(above) / folder).is_symlink()]:
            path = Path(above) / name
            if os.path.relpath(path, made) not in kept:
                path.unlink()
        if Path(above) != made and not any(Path(above).iterdir()):
            Path(above).rmdir()

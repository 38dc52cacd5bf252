"""The only place that decides what adopting something will do. It reads directories and changes nothing."""

import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from calcifer.kit.errors import CalciferError, Conflict
from calcifer.kit.git import founding
from calcifer.kit.git.names import checked_url
from calcifer.kit.git.repository import HEADS, Repository
from calcifer.services.histories import LOOKED_AT_BYTES
from calcifer.services.mains import main_branch
from calcifer.services.mounts import compose_file, mounts, secret_files
from calcifer.services.naming import marked_source, name_of
from calcifer.services.plans import SAYS, TRACKED, Known, LeftOut, Plan, Step, Wish
from calcifer.services.splitting import split, with_pasts, without_nested
from calcifer.services.staying import known_folder, lists_others, rest
from calcifer.services.wholes import Whole, around
from calcifer.services.withheld import withheld

__all__ = [
    "SAYS",
    "Known",
    "LeftOut",
    "Plan",
    "Step",
    "Wish",
    "is_address",
    "is_source",
    "lies_within",
    "located",
    "plan",
    "shown",
]
LONGEST_SOURCE_BYTES = 4096
MOST_FILES = 100_000
NO_COMPOSE = "has no compose file"


def plan(wish: Wish, home: Path, known: Known, *, limit_bytes: int | None = LOOKED_AT_BYTES) -> Plan:
    """Say what adopting would do now; histories are looked through for secrets up to `limit_bytes`."""
    with tempfile.TemporaryDirectory(prefix="calcifer-plan-") as scratch:
        founding.init(Path(scratch))
        made = _Planner(wish, home, known, Path(scratch))
        for source in wish.sources:
            made.source(source)
    made.plan.left_out = [one for one in made.plan.left_out if _is_asked_for(one, wish, made.named)]
    kept = without_nested(_without_clashes(made.plan, known, wish), known)
    return with_pasts(kept, made.wholes, limit_bytes)


class _Planner:
    def __init__(self, wish: Wish, home: Path, known: Known, scratch: Path) -> None:
        self.plan = Plan()
        self._wish, self._home, self._known, self._scratch = wish, home, known, scratch
        self.wholes: dict[Path, Whole] = {}
        self.named: set[str] = set()

    def source(self, source: str) -> None:
        self.named.add(source)
        if is_address(source):
            self._address(source)
            return
        try:
            path = located(source, self._home)
            self.named.add(str(path))
            self._path(path)
        except (OSError, RuntimeError, CalciferError) as error:
            self._leave(source, *_why(error))

    def _path(self, path: Path) -> None:
        reason = self._unfit(path)
        if reason:
            self._leave(path, reason)
        elif path == self._home:
            self._each(path, self._children(path))
        elif founding.is_repository(path):
            self._top_repository(path)
        else:
            self._top_directory(path)

    def _leave(self, source: Path | str, reason: str, mend: str | None = None) -> None:
        self.plan.left_out.append(LeftOut(str(source), reason, mend))

    def _unfit(self, path: Path) -> str | None:
        if not path.is_dir():
            return "is a file; give the directory that it lies in" if path.exists() else "does not exist"
        if not os.access(path, os.R_OK | os.X_OK):
            return "cannot be read by the user that Calcifer runs as"
        real, home = Path(os.path.realpath(path)), Path(os.path.realpath(self._home))
        if real.is_relative_to(home / "var") or ".git" in real.parts:
            return "belongs to Calcifer or to git"
        if real != home and home.is_relative_to(real):
            return "contains the workspace"
        if self._stays(path) and shown(str(path)) != str(path):
            return "has a name that is not UTF-8"
        return None

    def _address(self, url: str) -> None:
        try:
            checked_url(url)
        except CalciferError as error:
            self._leave(url, *_why(error))
            return
        name = self._wish.name or name_of(Path(url.rstrip("/").replace(":", "/")))
        self._add(Step(name, "clone", url, self._home / name))

    def _whole(self, path: Path) -> Whole:
        if path not in self.wholes:
            self.wholes[path] = Whole(path)
        return self.wholes[path]

    def _top_repository(self, path: Path) -> None:
        folders = self._whole(path).folders()
        children = self._with_compose(path) or [child for child in folders if self._whole(path).compose(child)]
        if self._wish.directories:
            inside = () if founding.is_bare(path) else self._children(path)
            self._each(path, sorted({*inside, *folders}))
            self._rest(path)
        elif self._wish.directories is None and len(children) > 1 and not compose_file(path):
            count = len(children)
            self._leave(
                path,
                f"is one repository without a compose file of its own, but {count} of its directories have one",
                f"Say “each is a service of its own” (--directories) to make {count} services of them, "
                "or “a source is one service” (--one) to adopt the repository as one.",
            )
        else:
            self._repository(path)

    def _rest(self, path: Path) -> None:
        name = name_of(path)
        if not self._wish.in_place and not self._wish.rest:
            return
        tracked = [
            step for step in self.plan.steps if step.kind == "track" and step.past and step.past.repository == path
        ]
        if found := rest(self._whole(path), name, self._known, {step.past.folder for step in tracked if step.past}):
            self._add(found)

    def _top_directory(self, path: Path) -> None:
        children = self._children(path)
        repositories = [child for child in children if founding.is_repository(child)]
        is_group = bool(repositories) or len(self._with_compose(path)) > 1
        if self._wish.directories or (self._wish.directories is None and is_group and not compose_file(path)):
            self._each(path, children)
        else:
            self._directory(path, is_named=True)

    def _each(self, path: Path, children: list[Path]) -> None:
        above = _ignored_by_child(path)
        for child in children:
            try:
                self._child(child, above.get(child.name, ()))
            except (OSError, CalciferError) as error:
                self._leave(child, *_why(error))
        if not children:
            self._leave(path, "has no directories in it")

    def _child(self, child: Path, ignored_above: Iterable[str]) -> None:
        if self._split(child):
            return
        reason = self._unfit(child)
        if reason:
            self._leave(child, reason)
        elif founding.is_repository(child):
            self._repository(child)
        else:
            self._directory(child, ignored_above=ignored_above)

    def _children(self, path: Path) -> list[Path]:
        var = self._home / "var"
        return [
            child
            for child in sorted(path.iterdir())
            if child.is_dir() and not child.is_symlink() and not child.name.startswith(".") and child != var
        ]

    def _with_compose(self, path: Path) -> list[Path]:
        return [child for child in self._children(path) if compose_file(child)]

    def _stays(self, path: Path) -> bool:
        return self._wish.in_place or path.is_relative_to(self._home)

    def _repository(self, path: Path) -> None:
        if self._already(path):
            return
        name = self._wish.name or name_of(path)
        if (path / ".git").is_file():
            self._leave(path, "is a linked worktree or a submodule of another repository")
        elif not (repository := Repository(path)).refs(HEADS):
            main_branch(repository)  # one that has commits all the same is refused
            self._without_commits(Step(name, "commit", str(path), path, compose_file(path)))
        elif self._stays(path) and lists_others(path, self._whole(path).tip) and self._wish.directories is False:
            if found := rest(self._whole(path), name, self._known, set()):
                self._add(found)
        elif self._stays(path):
            self._add(Step(name, "register", str(path), path, compose_file(path)))
        else:
            note = "Only what is committed comes along; uncommitted and ignored files stay where they are."
            self._add(Step(name, "clone", str(path), self._home / name, compose_file(path), notes=(note,)))

    def _without_commits(self, step: Step) -> None:
        if not self._stays(step.target) or founding.is_bare(step.target):
            self._leave(step.source, "is a repository without commits", "Commit there first, or say --in-place.")
        else:
            self._add(self._looked_into(step, step.target, ()))

    def _split(self, path: Path, *, is_named: bool = False) -> bool:
        """Take a folder of a repository out of it, where main has it; else it is a directory like any other."""
        top = around(path)
        name = self._wish.name or name_of(path)
        if top is None or self._home.is_relative_to(top):
            return False
        there = self._known.folder_at(path)
        if there is not None and not self._is_renamed():
            self._take(known_folder(path, there, stays=self._wish.tracks(there)))
            return True
        made = split(self._whole(top), path, name, self._wish, self._home, is_named=is_named)
        if made is not None:
            self._take(made)
        return made is not None

    def _is_renamed(self) -> bool:
        """Whether what may be a folder of a repository is to be taken out under a name of its own."""
        return self._wish.name is not None and not self._wish.in_place

    def _take(self, made: Step | LeftOut) -> None:
        if isinstance(made, Step):
            self._add(made)
        else:
            self.plan.left_out.append(made)

    def _directory(self, path: Path, *, is_named: bool = False, ignored_above: Iterable[str] = ()) -> None:
        if self._already(path) or (is_named and self._split(path, is_named=True)):
            return
        compose = compose_file(path) or self._compose_below(path)
        stays = self._stays(path)
        reason = self._no_service(path, compose, is_named=is_named, stays=stays)
        if reason:
            self._leave(path, reason)
            return
        name = self._wish.name or name_of(path)
        target = path if stays else self._home / name
        step = Step(name, "begin" if stays else "copy", str(path), target, compose)
        if self._is_new(step):
            step = self._looked_into(step, path, founding.ignored(path) if is_named else ignored_above)
        self._add(step)

    def _no_service(self, path: Path, compose: str | None, *, is_named: bool, stays: bool) -> str | None:
        if not any(path.iterdir()):
            return "is empty"
        if stays and not founding.may_work_in(path):
            return "belongs to another user, so git refuses to work in it"
        if compose is None and not is_named:
            below = len(self._with_compose(path))
            return (
                f"{NO_COMPOSE} of its own, but {below} of its directories have one: name it by itself"
                if below
                else NO_COMPOSE
            )
        return None

    def _compose_below(self, path: Path) -> str | None:
        found = self._with_compose(path)
        return f"{found[0].name}/{compose_file(found[0])}" if len(found) == 1 else None

    def _looked_into(self, step: Step, path: Path, ignored_above: Iterable[str]) -> Step:
        mounted = mounts(path, step.compose) if step.compose else []
        found = founding.candidates(self._scratch, path)
        if len(found.files) > MOST_FILES:  # each is opened; a whole home directory was named, most likely
            raise Conflict(
                f"has more than {MOST_FILES:,} files: name the directory in it that is the service, or say in a .gitignore there "
                "what is data"
            )
        kept = withheld(path, found, mounted, ignored_above)
        notes = [] if step.compose else [f"It {NO_COMPOSE}."]
        if step.compose and "/" in step.compose:
            notes.append(f"Its compose file is {step.compose}; images and ports are shown of one at the top only.")
        secrets = secret_files(path, step.compose) if step.compose else []
        notes += [f"{name} is a secret of the compose file and will be committed." for name in secrets]
        if step.kind == "copy" and any(one.path.endswith("/") for one in kept):
            notes.append("Data is copied as it lies there: stop the service before, if it runs.")
        return replace(step, withheld=tuple(kept), notes=tuple(notes))

    def _already(self, path: Path) -> bool:
        name = self._known.name_at(path)
        if name is not None and self._known.folder_at(path) is not None:
            return False
        if name is not None:
            self.plan.steps.append(Step(name, "nothing", str(path), path))
        return name is not None

    def _is_new(self, step: Step) -> bool:
        return step.name not in self._known.paths and not step.target.joinpath(".git").exists()

    def _add(self, step: Step) -> None:
        """Take a step that makes a new directory as far as it is not done already."""
        if step.target != Path(step.source) and marked_source(step.target) == step.source:
            is_known = self._known.name_at(step.target) is not None
            step = replace(step, kind="nothing" if is_known else "register")
        self.plan.steps.append(step)


def is_source(text: str) -> bool:
    """Say whether `text` can be a path or an address at all."""
    try:
        return 0 < len(os.fsencode(text)) <= LONGEST_SOURCE_BYTES and "\0" not in text and bool(text.strip())
    except UnicodeEncodeError:
        return False


def is_address(source: str) -> bool:
    """Say whether `source` is an address, and not a path: it has a scheme, or the form user@host:path and does not exist."""
    head, colon, _ = source.partition(":")
    return "://" in source or (bool(colon) and "@" in head and "/" not in head)


def located(source: str, home: Path) -> Path:
    """Return the path that `source` means, from the workspace where it is relative; links are not followed."""
    return Path(os.path.normpath(home / Path(source).expanduser()))


def lies_within(source: str, home: Path) -> bool:
    """Say whether `source` lies in the workspace, wherever links lead, or on another machine."""
    if is_address(source):
        return not source.startswith("file:")
    try:
        real = os.path.realpath(located(source, home))
    except RuntimeError:  # the home of nobody (`~nobody/…`): the plan says why it cannot be used
        return False
    return Path(real).is_relative_to(os.path.realpath(home))


def shown(path: str) -> str:
    """Return a path for people: bytes that are no UTF-8 are written as `\\xff`."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _why(error: Exception) -> tuple[str, str | None]:
    if isinstance(error, CalciferError):
        return error.message.removesuffix("."), error.mend
    return f"cannot be used: {(isinstance(error, OSError) and error.strerror) or error}", None


def _ignored_by_child(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in founding.ignored(path):
        child, _, rest = name.partition("/")
        if rest:
            found.setdefault(child, []).append(rest)
    return found


def _is_asked_for(one: LeftOut, wish: Wish, named: set[str]) -> bool:
    """Say whether a person has to hear of it: it may be what was chosen, or is what was named itself."""
    is_chosen = wish.only is None or wish.rest or name_of(Path(one.source)) in wish.only
    return is_chosen or one.source in named


def _without_clashes(made: Plan, known: Known, wish: Wish) -> Plan:
    """Leave out what cannot have its name or its place; names that differ in case alone are the same on some file systems."""
    taken: dict[str, str] = {}
    kept = []
    for step in made.steps:
        is_chosen = wish.only is None or step.name in wish.only or (wish.rest and step.kind in TRACKED)
        reason = _clash(step, known, taken) if is_chosen else None
        if reason:
            made.left_out.append(LeftOut(step.source, reason, "Adopt it alone, with --name and another name."))
        elif is_chosen:
            kept.append(step)
        taken.setdefault(step.name.lower(), step.source)
    made.steps = kept
    return made


def _clash(step: Step, known: Known, taken: Mapping[str, str]) -> str | None:
    other = taken.get(step.name.lower())
    if other is not None:
        return "is named twice" if other == step.source else f"would be called '{step.name}', as {other} is"
    if step.kind == "nothing":
        return None
    path = known.paths.get(step.name)
    if path is not None:
        return f"would be called '{step.name}', as the service at {path} is"
    if step.kind in ("clone", "copy") and step.target.exists():
        return f"would be put to {step.target}, where something else is"
    return None

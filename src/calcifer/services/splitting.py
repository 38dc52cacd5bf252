"""The only place that plans how a folder of a repository becomes a repository of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from calcifer.kit.git import founding
from calcifer.services.histories import Past, looked_into
from calcifer.services.mounts import mounts
from calcifer.services.naming import marked_source
from calcifer.services.plans import Known, LeftOut, Plan, Step, Wish
from calcifer.services.staying import not_committed, tracked
from calcifer.services.wholes import Whole
from calcifer.services.withheld import Withheld, withheld

LYING = {
    "edited": "is edited and not committed there: the edit comes along as one",
    "untracked": "is not committed there, and comes along as it lies there",
    "ignored": "is ignored by the repository that it comes from",
}
FOLDERS = frozenset({"split", "track"})
NESTED = "A service's folder cannot lie in another's: adopt one of both, with --only."


def split(whole: Whole, path: Path, name: str, wish: Wish, home: Path, *, is_named: bool) -> Step | LeftOut | None:
    """Return the step that takes `path` out of a repository, or makes a service of it where it is, or why it is left out.

    None where main has no such folder.
    """
    with whole.source:
        if not whole.has(path):
            return not_committed(whole, path) if wish.in_place else _not_on_main(whole, path)
        compose = whole.compose(path)
        if compose is None and not is_named:
            return LeftOut(str(path), _without_compose(whole, path))
        if wish.tracks(name):
            return tracked(whole, path, name, compose)
        step = Step(name, "split", str(path), home / name, compose, past=whole.past(path))
        return _with_what_lies_there(step, whole, path) if path.is_dir() and whole.is_checked_out else step


def _not_on_main(whole: Whole, path: Path) -> LeftOut | None:
    if not whole.has_elsewhere(path):
        return None
    return LeftOut(
        str(path),
        f"is on what is checked out, but not on the branch {whole.branch}",
        f"Merge it into {whole.branch} first: that is the history which is taken along.",
    )


def _without_compose(whole: Whole, path: Path) -> str:
    below = whole.with_compose(path)
    if below:
        return f"has no compose file of its own, but {below} of its directories have one: name it by itself"
    return "has no compose file"


def _with_what_lies_there(step: Step, whole: Whole, path: Path) -> Step:
    """Say what is not committed: all of it is copied, and what is ignored or secret is hidden there too."""
    lying = whole.lying(path)
    kept = {name: LYING[state] for state, name in lying}
    hidden = {name for state, name in lying if state == "ignored"}
    if any(state == "untracked" for state, _ in lying):
        mounted = mounts(path, step.compose) if step.compose else []
        secret = withheld(path, founding.untracked(path), mounted, ())
        kept |= {one.path: one.reason for one in secret}
        hidden |= {one.path for one in secret}
    notes = [f"The rules in {name} do not come along." for name in whole.rules_above(path)]
    if any(name.endswith("/") for name in kept):
        notes.append("Data is copied as it lies there: stop the service before, if it runs.")
    out = tuple(Withheld(name, reason) for name, reason in sorted(kept.items()))
    return replace(step, withheld=out, hidden=tuple(sorted(hidden)), notes=tuple(notes))


def without_nested(made: Plan, known: Known) -> Plan:
    """Leave out what lies in the folder of another service of the same repository, or around one."""
    others = dict(_sources(made, known))
    kept = []
    for step in made.steps:
        is_folder = step.kind in FOLDERS
        other = next((source for source in others if is_folder and _lies_around(source, step.source)), None)
        inner = next((source for source in others if is_folder and _lies_around(step.source, source)), None)
        if other is not None:
            reason = f"lies in {other}, which the service '{others[other]}' is made of"
            made.left_out.append(LeftOut(step.source, reason, NESTED))
        elif inner is not None and others[inner] in known.paths:
            reason = f"has {inner} in it, which the service '{others[inner]}' is made of"
            made.left_out.append(LeftOut(step.source, reason, NESTED))
        else:
            kept.append(step)
    made.steps = kept
    return made


def _sources(made: Plan, known: Known) -> Iterator[tuple[str, str]]:
    """Yield which folders of repositories are services, or were taken out to be, and their names: here and in the plan."""
    folders = [step for step in made.steps if step.kind in FOLDERS]
    if not folders:
        return
    for name, path in known.paths.items():
        source = path if path in known.folders else marked_source(Path(path))
        if source is not None and source.startswith("/"):
            yield source, name
    yield from ((step.source, step.name) for step in folders)


def _lies_around(outer: str, inner: str) -> bool:
    return inner.startswith(outer + "/")


def with_pasts(made: Plan, wholes: Mapping[Path, Whole], limit_bytes: int | None) -> Plan:
    """Look into the histories of what is taken out, each repository once, and at what stays in it."""
    for path, whole in wholes.items():
        with whole.source:
            pasts = [
                step.past for step in made.steps if step.past and step.past.repository == path and step.kind == "split"
            ]
            if not pasts:
                continue
            looked = {past.folder: past for past in looked_into(whole.source, pasts, limit_bytes=limit_bytes)}
            made.steps = [_looked(step, looked) if step.past in pasts else step for step in made.steps]
            made.stays += [LeftOut(str(path), sentence) for sentence in whole.stays(list(looked.values()))]
    return made


def _looked(step: Step, looked: Mapping[str, Past]) -> Step:
    assert step.past
    past = looked[step.past.folder]
    return replace(step, past=past, notes=(*past.notes, *step.notes))

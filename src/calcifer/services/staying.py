"""The only place that plans how folders of a repository become services where they are, beside each other."""

from pathlib import Path

from calcifer.kit.errors import Invalid
from calcifer.kit.git.repository import Repository
from calcifer.services import folders
from calcifer.services.histories import Past
from calcifer.services.plans import Known, LeftOut, Step
from calcifer.services.wholes import Whole

COMMIT = "It gets .calcifer/service.yaml and CHANGES.md where these are missing, by a commit on {}."


def tracked(whole: Whole, path: Path, name: str, compose: str | None) -> Step | LeftOut:
    """Return the step that makes a service of a folder of main, or why it is left out."""
    try:
        folders.checked_folder(whole.relative(path))
    except Invalid as error:
        return LeftOut(
            str(path), error.message.removesuffix("."), "Rename it there, or take it out: leave out --in-place."
        )
    notes = [COMMIT.format(whole.branch)]
    if compose and "/" in compose:
        notes.append(f"Its compose file is {compose}; images and ports are shown of one at the top only.")
    return Step(name, "track", str(path), path, compose, notes=tuple(notes), past=whole.past(path))


def not_committed(whole: Whole, path: Path) -> LeftOut:
    """Say why what lies in a repository and is not in it cannot be a service where it is."""
    if path.is_symlink():
        return LeftOut(str(path), "is a link in a repository", "Name the folder that it leads to.")
    if path.is_dir() and not any(path.iterdir()):
        return LeftOut(str(path), "is empty")
    return LeftOut(
        str(path),
        f"lies in a repository, and is not on its branch {whole.branch}",
        f"Commit it on {whole.branch} there first, or leave out --in-place: it is copied.",
    )


def known_folder(path: Path, name: str, *, stays: bool) -> Step | LeftOut:
    """Return the step for a folder that is a service already: none, or why it is not taken out of its repository."""
    if stays:
        return Step(name, "nothing", str(path), path)
    return LeftOut(
        str(path),
        f"is the service '{name}' already, as a folder of its repository",
        "To give it a repository of its own beside that, name it alone and call it otherwise: --name.",
    )


def rest(whole: Whole, name: str, known: Known, taken: set[str]) -> Step | None:
    """Return the step that makes a service of what lies in no folder of another, those in `taken`; None where nothing does."""
    if whole.tip is None or known.name_at(whole.path) is not None:
        return None
    with whole.source:
        there = {name.decode("utf-8", "surrogateescape") for name in whole.source.folder(whole.tip) or {}}
    if not there - {path.split("/")[0] for path in taken} - {".calcifer"}:
        return None
    past = Past(whole.path, "", whole.branch, whole.tip, whole.is_checked_out)
    note = f"It is what belongs to no other service. {folders.FILE} lists it, by a commit on {whole.branch}."
    return Step(name, "rest", str(whole.path), whole.path, notes=(note,), past=past)


def lists_others(path: Path, tip: str | None) -> bool:
    """Say whether a repository lists folders that are services, and not itself."""
    listing = folders.listed(Repository(path), tip)
    return bool(listing.folders) and "" not in listing.folders

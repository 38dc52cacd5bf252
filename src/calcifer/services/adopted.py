"""The only place that writes and reads how a service was adopted: the ref `refs/calcifer/adopted` of its repository; for one that
is a folder of it, `refs/calcifer/folders/<hash>`.

It names a commit with the files of the baseline, which is its parent: `git log refs/calcifer/adopted` tells it to people, and
whatever happens to main, the baseline stays. Without the database it is where the name, main branch and baseline come from.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from calcifer.kit.errors import CalciferError
from calcifer.kit.git.names import checked_ref
from calcifer.kit.git.objects import Person
from calcifer.kit.git.repository import Repository
from calcifer.services.folders import checked_folder
from calcifer.services.naming import checked_name

REF = "refs/calcifer/adopted"
FOLDERS = "refs/calcifer/folders/"
LARGEST = 8000
_LINE = re.compile(r"^(Service|Folder|Main|Adopted-At): (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Adopted:
    """What was decided when a service was adopted; `baseline` is None where main had no commit."""

    name: str
    main_branch: str
    baseline: str | None
    at: datetime
    by: str = ""
    folder: str = ""


def ref_of(folder: str) -> str:
    """Return the ref for the service at a folder: a ref's name cannot hold what a path may."""
    return FOLDERS + hashlib.sha256(folder.encode()).hexdigest()[:20] if folder else REF


def write(repository: Repository, adopted: Adopted, person: Person) -> str:
    """Store the commit and return its id; no ref names it yet."""
    baseline = adopted.baseline
    tree = repository.tree_of(baseline) if baseline else repository.edit(None, {})
    at = adopted.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    where = f"Folder: {json.dumps(adopted.folder)}\n" if adopted.folder else ""
    message = f"Adopt {adopted.name}\n\nService: {adopted.name}\n{where}Main: {adopted.main_branch}\nAdopted-At: {at}\n"
    return repository.write_commit(tree, [baseline] if baseline else [], message, person, adopted.at)


def read(repository: Repository, folder: str = "") -> Adopted | None:
    """Return what the ref says, or None where there is none or it says something that nobody can have decided."""
    note = _read(repository, ref_of(folder))
    return note if note and note.folder == folder else None


def of_folders(repository: Repository) -> list[Adopted]:
    """Return what is noted of folders, by folder."""
    notes = [(ref, note) for ref in repository.refs(FOLDERS) if (note := _read(repository, ref))]
    return sorted((note for ref, note in notes if ref == ref_of(note.folder)), key=lambda note: note.folder)


def _read(repository: Repository, ref: str) -> Adopted | None:
    tip = repository.tip(ref)
    if tip is None:
        return None
    try:
        commit = repository.commit(tip)
        said: dict[str, str] = dict(_LINE.findall(commit.message[:LARGEST]))
        at = datetime.fromisoformat(said["Adopted-At"]).astimezone(UTC)
        name, branch = checked_name(said["Service"]), checked_ref(said["Main"])
        folder = checked_folder(str(json.loads(said["Folder"]))) if "Folder" in said else ""
    except (CalciferError, KeyError, ValueError, OverflowError):
        return None
    return Adopted(name, branch, next(iter(commit.parents), None), at, commit.author.name, folder)

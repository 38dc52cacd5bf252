"""Makes a repository of a folder of another one: its history, then on top of it what every service has.

What lies in the folder and is not committed is copied as it lies there, and stays uncommitted: edits are edits in the new checkout.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from calcifer.kit.errors import Conflict
from calcifer.kit.git import durable, founding
from calcifer.kit.git.history import Source, write
from calcifer.kit.git.names import visible
from calcifer.kit.uow import Actor
from calcifer.services import descriptors
from calcifer.services.copying import copy_tree, put_in_place, write_file
from calcifer.services.histories import Past
from calcifer.services.ignoring import appended, rule
from calcifer.services.lacking import LISTS
from calcifer.services.naming import mark_source
from calcifer.services.plans import Step

REMARK = b"# What was not committed where this service was taken from: ignored there, or secret.\n"


def take_out(step: Step, folder: Path, actor: Actor, now: datetime, mark: Callable[[str], None]) -> None:
    """Make the repository in `folder`, where nobody sees it, and put it into place."""
    past, made = step.past, folder / step.name
    assert past
    assert past.trace
    with Source(past.repository) as source:
        write(source, past.trace, folder / "git", branch=past.branch)
    mark("written")
    is_there = past.is_checked_out and Path(step.source).is_dir()
    if is_there:
        copy_tree(Path(step.source), made)
        mark("copied")
    else:
        made.mkdir()
    (folder / "git" / ".git").rename(made / ".git")
    _hide(made, step)
    _commit_missing(step, past, made, actor, now)
    founding.check_out(made, is_there=is_there)
    mark_source(made / ".git", step.source)
    durable.flush_folder(made / ".git")
    mark("made")
    put_in_place(made, step.target)
    mark("in place")


def _hide(made: Path, step: Step) -> None:
    """Ignore what is secret, or was ignored: by a rule of this repository alone, as no commit is to come of it."""
    if not step.hidden:
        return
    file = made / ".git" / "info" / "exclude"
    content = file.read_bytes() if file.exists() else b""
    rules = [rule(path.encode("utf-8", "surrogateescape")) for path in step.hidden]
    write_file(file, appended(content + REMARK, rules))


def _commit_missing(step: Step, past: Past, made: Path, actor: Actor, now: datetime) -> None:
    """Commit what a service needs and neither its history nor its checkout has, a descriptor and a list of changes."""
    with Source(made) as source:
        tip = source.tip(past.branch)
        names = {name.decode("utf-8", "replace").lower() for name in source.folder(tip) or {}}
        has_descriptor = source.is_at(tip, descriptors.PATH.encode())
    if (made / ".calcifer").is_symlink():
        raise Conflict(f"{step.name}/.calcifer is a link: nothing is written through it.", mend="Remove the link.")
    names |= {path.name.lower() for path in made.iterdir()}
    files: dict[str, bytes] = {}
    if not names & LISTS:
        files["CHANGES.md"] = b"# Changes\n"
    if not has_descriptor and "catalog-info.yaml" not in names and not (made / descriptors.PATH).exists():
        files[descriptors.PATH] = descriptors.new_text().encode()
    if not files:
        return
    message = (
        f"Adopt {step.name}\n\nTaken out of {visible(past.repository.name)}, {visible(past.folder)} as of {past.tip}.\n"
    )
    founding.commit_on_top(made, files, actor.person, now, message)
    for name, content in files.items():
        write_file(made / name, content)

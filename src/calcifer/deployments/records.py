"""The only place that writes a deployment as text: a note of its commit (`git log --notes=deployments`), a record on the host.

YAML, a document for each deployment, for people and for programs. It has no value of a variable and no secret.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import yaml
from pydantic import ValidationError

from calcifer.deployments.queries.runs import Listed
from calcifer.deployments.schemas import Kept
from calcifer.kit.errors import Invalid
from calcifer.kit.git.objects import Person
from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob

NOTES = "refs/notes/deployments"
LARGEST_BYTES = 2_000_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def render(listed: Listed) -> str:
    """Return the document."""
    run = listed.run
    said: dict[str, Any] = {
        "deployment": run.id,
        "kind": run.kind,
        "service": listed.service,
        "host": listed.host,
        "target": run.target,
        "directory": run.directory,
        "project": run.project,
        "commit": run.commit,
        "before": run.before,
        "items": run.items,
        "why": run.reason,
        "by": run.actor_name,
        "asked": _instant(run.made_at),
        "began": _instant(run.started_at),
        "ended": _instant(run.finished_at),
        "outcome": run.state,
        "verdict": run.verdict,
        "error": run.error,
        "images": run.images,
    }
    kept = {name: value for name, value in said.items() if value not in (None, "", [], {})}
    text: str = yaml.dump(kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, explicit_start=True)
    return text


def noted(repository: Repository, tip: str | None, listed: Listed, person: Person, at: datetime) -> str:
    """Store the commit that adds the document to the note of the deployed commit, and return its id."""
    commit = listed.run.commit
    path = f"{commit[:2]}/{commit[2:]}"
    there = (repository.read(tip, path) if tip else None) or b""
    blob = repository.write_blob(there + render(listed).encode())
    tree = repository.edit(repository.tree_of(tip) if tip else None, {path: Blob(blob)})
    message = f"Note deployment {listed.run.id} of {listed.service} to {listed.host}\n"
    return repository.write_commit(tree, [tip] if tip else [], message, person, at)


def read(repository: Repository) -> Iterator[tuple[str, Kept | Invalid]]:
    """Yield what the notes say, by the commit that they are about; what is no deployment of ours is an Invalid with the reason."""
    tip = repository.tip(NOTES)
    for path, blob in repository.paths(tip) if tip else ():
        commit = path.replace("/", "")
        if repository.size(blob.oid) > LARGEST_BYTES:
            yield commit, Invalid("This note is too large to be one of deployments.")
            continue
        try:
            for said in yaml.load_all(repository.blob(blob.oid), Loader=_Loader):
                yield commit, _kept(said, commit)
        except (yaml.YAMLError, ValueError, RecursionError):
            yield commit, Invalid("This note is no YAML.")


def _kept(said: object, commit: str) -> Kept | Invalid:
    try:
        kept = Kept.model_validate(said)
    except ValidationError:
        return Invalid("This is not what Calcifer writes of a deployment.")
    return kept if kept.commit == commit else Invalid("This is a note of another commit.")


def _instant(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None

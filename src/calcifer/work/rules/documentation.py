"""The rule `documentation`: where facts changed, the documents were looked at too."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from calcifer.kit.git.names import visible
from calcifer.kit.git.repository import Change
from calcifer.services.facts import NONE, Difference, Facts, differences, read_facts
from calcifer.work import changelog
from calcifer.work.readings import derive
from calcifer.work.rules import Case, Verdict, rule
from calcifer.work.texts import said

FILES = frozenset({0o100644, 0o100755})
DOCUMENT_BYTES = 500_000
DOCUMENTS = 300
SHOWN = 50
_HERE = ("localhost", "127.0.0.1", "0.0.0.0")  # noqa: S104  (looked for, not listened on)
_ENDINGS = frozenset({".md", ".markdown", ".mdx", ".rst", ".adoc", ".txt"})
_FOLDERS = ("docs/", "doc/", "documentation/")
_NO_DOCUMENTS = changelog.NAMES | {
    "license.md",
    "code_of_conduct.md",
    "contributing.md",
    "security.md",
    "history.md",
    "news.md",
}


@rule("documentation", "Documentation touched when facts changed")
def documentation(case: Case) -> Verdict:
    """Ask an express item only for the documents that state what is no more true, any other for one document at least."""
    changed = _differences(case)
    if not changed:
        return Verdict("documentation", "pass", "No derived fact changed.")
    facts = tuple(str(difference) for difference in changed)
    touched = {
        change.path
        for change in case.own_changes
        if change.new and change.old != change.new and is_document(change.path)
    }
    if said(case.docs_reason):
        return Verdict(
            "documentation", "pass", f"No document had to change: {case.docs_reason.strip()}", evidence=facts
        )
    stale = tuple(_stale(case, changed, touched))
    if touched and not (case.is_express and stale):
        evidence = (*facts, *map(visible, sorted(touched)), *stale)
        return Verdict("documentation", "pass", "Facts changed, and so did the documents.", evidence=evidence)
    if case.is_express and not stale:
        return Verdict("documentation", "pass", "No document states what changed.", evidence=facts)
    what = "Documents state what is no more true" if case.is_express else "Facts changed, and no document did"
    return Verdict(
        "documentation",
        "fail",
        f"{what}: {facts[0]}{f' (and {len(facts) - 1} more)' if len(facts) > 1 else ''}.",
        f"Say it in {_first(stale) or 'README.md or docs/'} on the branch; or why no document has to change: "
        f'calcifer work edit {case.number} --docs-reason "…"',
        (*stale, *facts),
    )


def _differences(case: Case) -> list[Difference]:
    before, asked = derive(case.repository, case.base, read_facts, case.folder) if case.base else (NONE, frozenset())
    if case.base and asked.isdisjoint(change.path for change in case.changes):
        return []
    after: Facts = derive(case.repository, case.tree, read_facts, case.folder)[0]
    return differences(before, after)


def _has_new_content(change: Change) -> bool:
    return change.new is not None and (change.old is None or change.old.oid != change.new.oid)


def is_document(path: str) -> bool:
    """Whether people read this to learn about the service: a README, `docs/`, other texts; neither CHANGES nor a licence."""
    lower = path.lower()
    file = PurePosixPath(lower)
    if lower.startswith(("changes.d/", ".calcifer/", ".github/")) or file.name in _NO_DOCUMENTS:
        return False
    if file.stem == "readme":
        return file.suffix in _ENDINGS or not file.suffix
    return file.suffix in _ENDINGS and (lower.startswith(_FOLDERS) or file.suffix in (".md", ".adoc", ".rst"))


def _first(stale: tuple[str, ...]) -> str:
    return stale[0].rpartition(" ")[0].partition(":")[0] if stale else ""


def _stale(case: Case, changed: Sequence[Difference], touched: set[str]) -> Iterator[str]:
    """Yield "document:line still says VALUE" for each old value in a document that the branch left alone."""
    values = sorted(_old_values(changed))
    if not values:
        return
    pattern = re.compile("|".join(map(_stated, values)))
    shown = 0
    for seen, (path, blob) in enumerate((p, b) for p, b in case.own_paths() if is_document(p)):
        if seen >= DOCUMENTS or shown >= SHOWN:
            return
        if path in touched or blob.mode not in FILES or case.repository.size(blob.oid) > DOCUMENT_BYTES:
            continue
        text = case.repository.blob(blob.oid).decode("utf-8", "replace")
        for found in pattern.finditer(text):
            yield f"{visible(path)}:{text.count(chr(10), 0, found.start()) + 1} still says {found[0]}"
            shown += 1


def _stated(value: str) -> str:
    """Return the pattern of a value that stands alone; an address may follow `//`, a port may precede the arrow of `docker ps`."""
    before = "" if value.startswith(":") else r"(?<![\w.-])" if value.startswith(_HERE) else r"(?<![\w./-])"
    return before + re.escape(value) + ("" if value.endswith("->") else r"(?!\w|-(?!>)|\.\w)")


def _old_values(changed: Sequence[Difference]) -> set[str]:
    """Return what a document may state of what went: images with their tag, ports, paths of volumes."""
    gone: set[str] = set()
    new: set[str] = set()
    for difference in changed:
        of = {"image": _images, "ports": _ports, "volumes": _paths}.get(difference.category)
        if of:
            gone.update(value for text in difference.gone for value in of(text))
            new.update(value for text in difference.new for value in of(text))
    plain = gone - new
    return plain | {value for port, value in _published(changed) if plain.isdisjoint(port)}


def _published(changed: Iterable[Difference]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield each mapping (port of the host, port of the container) that went, with the ways to state it.

    Where the host's port goes and its number stays as the container's, the number alone says nothing.
    """
    ports = [difference for difference in changed if difference.category == "ports"]
    gone = {pair for one in ports for text in one.gone for pair in _pairs(text)}
    new = {pair for one in ports for text in one.new for pair in _pairs(text)}
    for pair in gone - new:
        yield pair, ":".join(pair)
        if pair[0] not in {published for published, _ in new}:
            yield from ((pair, f"{here}:{pair[0]}") for here in _HERE)
            yield pair, f":{pair[0]}->"


def _pairs(port: str) -> Iterator[tuple[str, str]]:
    """Yield (published, target) of a mapping; the colons of variables and of IPv6 addresses divide nothing."""
    *front, target = re.split(r":(?![^{\[]*[}\]])", port.partition("/")[0])
    if front:
        yield from ((published, inside) for published in _ports(front[-1]) for inside in _ports(target))


def _images(image: str) -> list[str]:
    return [image] if ":" in image.rpartition("/")[2] or "@" in image else []


def _ports(port: str) -> list[str]:
    """Return the numbers of a port mapping, also the defaults of its variables; not those of an address."""
    return re.findall(r"(?<![\d.])\d{2,5}(?![\d.])", port)


def _paths(volume: str) -> list[str]:
    return [part for part in volume.split(":") if "/" in part and len(part) > 4]

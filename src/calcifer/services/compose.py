"""The only place that finds a repository's compose files and makes one project of them, as `docker compose` would.

Nothing is executed and nothing outside the repository is read; variables stay as they are written.
"""

import posixpath
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from calcifer.kit.errors import Invalid
from calcifer.kit.git.names import checked_path
from calcifer.services.compose_merge import RESET, merged, settled
from calcifer.services.marked_yaml import Node, Place, Problem, parse, shown

Read = Callable[[str], bytes | None]

NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
"""In the order in which compose looks for them."""
SECTIONS = ("services", "networks", "volumes", "configs", "secrets", "models")
MAX_FILES = 50
MAX_VALUES = 60_000
"""How many values a project has, its files together; what is included or extended often counts each time."""
MAX_CHAIN = 20
_UP = re.compile(r"\A(?:\.\./)+")


@dataclass(frozen=True)
class Beside:
    """Reads a folder of a repository, in which `..` leads to what lies beside it; out of the repository there is nothing."""

    read: Read

    def __call__(self, path: str) -> bytes | None:
        """Return a file, or None."""
        return self.read(path)


@dataclass(frozen=True)
class Project:
    """The files that were read, each as it is; the model that they make together; what could not be followed."""

    files: tuple[str, ...]
    documents: tuple[Node, ...]
    model: Node
    problems: tuple[Problem, ...]
    complete: bool = True
    """Whether everything was followed; not what is remote, or named by a variable."""

    def section(self, name: str) -> dict[str, Node]:
        """Return the entries of a top-level section."""
        found = self.model.mapping.get(name)
        return found.mapping if found else {}


def find(read: Read) -> list[str]:
    """Return the compose file that counts and its override file, as far as they are there."""
    main = next((name for name in NAMES if read(name) is not None), None)
    if main is None:
        return []
    stem = main.partition(".")[0]
    over = next((name for suffix in ("yml", "yaml") if read(name := f"{stem}.override.{suffix}") is not None), None)
    return [main, over] if over else [main]


def load(read: Read) -> Project | None:
    """Return the project of the repository, or None where there is no compose file."""
    files = find(read)
    return load_files(read, files) if files else None


def load_files(read: Read, files: list[str]) -> Project:
    """Return the project that `files`, each merged over those before it, make with what they include and extend."""
    return _Loader(read).load(files)


class _Stop(Exception):
    """A limit is reached; what was read until then counts."""


class _Loader:
    """Reads one project; each file once."""

    def __init__(self, read: Read) -> None:
        """Begin."""
        self._read = read
        self._documents: dict[str, Node | None] = {}
        self._problems: dict[Problem, None] = {}  # ordered, each once
        self._extended: dict[tuple[str, str], Node | None] = {}
        self._values = 0
        self._resets = False
        self._complete = True

    def load(self, files: list[str]) -> Project:
        """Return the project that begins with `files`."""
        model = Node({}, Place(files[0]))
        with suppress(_Stop):
            model = self._files(files, (), model)
        documents = {path: node for path, node in self._documents.items() if node is not None}
        model = settled(model) if self._resets else model
        return Project(tuple(documents), tuple(documents.values()), model, tuple(self._problems), self._complete)

    def _files(self, files: list[str], within: tuple[str, ...], model: Node) -> Node:
        for path in files:
            document = self._document(path)
            if document is None:
                continue
            own = self._included(self._with_bases(document, model), (*within, path))
            model = merged(model, own)
        return model

    def _document(self, path: str) -> Node | None:
        if path not in self._documents:
            self._documents[path] = None
            if len(self._documents) > MAX_FILES:
                self._problem(Problem(path, 1, 1, f"The project has more than {MAX_FILES} files."))
                raise _Stop
            self._documents[path] = self._parsed(path)
        found = self._documents[path]
        self._count(found)
        return found

    def _count(self, node: Node | None) -> None:
        self._values += node.size if node else 0
        if node and self._values > MAX_VALUES:
            self._problem(node.problem(f"The project expands to more than {MAX_VALUES:,} values."))
            raise _Stop

    def _parsed(self, path: str) -> Node | None:
        content = self._read(path)
        if content is None:
            return None
        node = parse(content, path)
        if isinstance(node, Problem):
            self._problem(node)
            return None
        if not isinstance(node.value, dict):
            self._problem(Problem(path, 1, 1, "A compose file is a mapping, with `services:` at its top."))
            return None
        self._resets |= RESET.encode() in content
        return node

    # -- extends ------------------------------------------------------------------------------------------------------

    def _with_bases(self, document: Node, model: Node) -> Node:
        services = document.mapping.get("services")
        if services is None or not any("extends" in node.mapping for node in services.mapping.values()):
            return document
        others = model.mapping["services"].mapping if "services" in model.mapping else {}
        resolved = {
            name: self._with_base(name, node, {**others, **services.mapping}, ())
            for name, node in services.mapping.items()
        }
        return document.holding({**document.mapping, "services": services.holding(resolved)})

    def _with_base(self, name: str, node: Node, siblings: dict[str, Node], chain: tuple[tuple[str, str], ...]) -> Node:
        extends = node.mapping.get("extends")
        if extends is None:
            return node
        own = node.holding({key: value for key, value in node.mapping.items() if key != "extends"})
        base = self._base(extends, siblings, (*chain, (node.place.path, name)))
        whole = own if base is None else merged(base, own, ("services", name))
        self._count(whole)
        return whole

    def _base(self, extends: Node, siblings: dict[str, Node], chain: tuple[tuple[str, str], ...]) -> Node | None:
        """Return the service that `extends` names, its own bases already in it."""
        entry = extends.mapping
        named = entry["service"].text if "service" in entry else extends.text
        path = extends.place.path
        if "file" in entry:
            path_found = self._path(entry["file"])
            document = self._document(path_found) if path_found else None
            if path_found is None or document is None:
                return None
            path = path_found
            inner = document.mapping.get("services")
            siblings = inner.mapping if inner else {}
        if not named or "$" in named:
            self._complete = False
            return None
        if named not in siblings:
            self._problem(extends.problem(f"'extends' names the service '{shown(named)}', which {path} does not have."))
            return None
        found = siblings[named]
        step = (found.place.path, named)
        if step in chain or len(chain) > MAX_CHAIN:
            self._problem(
                extends.problem(f"'extends' leads back to '{shown(named)}', or over more than {MAX_CHAIN} steps.")
            )
            return None
        if step not in self._extended:
            self._extended[step] = self._with_base(named, found, siblings, chain)
        return self._extended[step]

    # -- include ------------------------------------------------------------------------------------------------------

    def _included(self, document: Node, within: tuple[str, ...]) -> Node:
        include = document.mapping.get("include")
        if include is None:
            return document
        model = document.holding({key: node for key, node in document.mapping.items() if key != "include"})
        for item in include.items:
            files = list(self._include_paths(item, within))
            if files:
                model = self._beside(model, self._files(files, within, Node({}, item.place)), item)
        return model

    def _include_paths(self, item: Node, within: tuple[str, ...]) -> Iterable[str]:
        path = item.mapping.get("path") if isinstance(item.value, dict) else item
        for part in (path.items or (path,)) if path else ():
            found = self._path(part)
            if found in within or len(within) > MAX_CHAIN:
                self._problem(
                    part.problem(
                        f"'include' leads back to '{shown(part.text or '')}', or over more than {MAX_CHAIN} files."
                    )
                )
            elif found:
                yield found

    def _beside(self, model: Node, other: Node, item: Node) -> Node:
        entries = dict(model.mapping)
        for section in SECTIONS:
            theirs = other.mapping.get(section)
            if theirs is None:
                continue
            ours = entries.get(section, Node({}, theirs.place, theirs.key_place))
            for name in theirs.mapping.keys() & ours.mapping.keys():
                if theirs.mapping[name].plain() != ours.mapping[name].plain():
                    what = f"What is included has {section} '{shown(name)}' too, and differently."
                    self._problem(Problem(*item.place, what))
            entries[section] = ours.holding({**theirs.mapping, **ours.mapping})
        return model.holding(entries)

    # -- files --------------------------------------------------------------------------------------------------------

    def _path(self, node: Node) -> str | None:
        """Return the path that a node names, as seen from the service; None where that is elsewhere, unknown or not there.

        Only a service that is a folder of a repository may name what lies beside it.
        """
        text = node.text
        if not text or "$" in text or "://" in text or text.startswith(("git@", "oci:")):
            self._complete = False  # what is remote, or known only on the host
            return None
        try:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(node.place.path), text))
            checked_path(_UP.sub("", path) if isinstance(self._read, Beside) else path)
        except Invalid:
            self._problem(node.problem(f"'{shown(text)}' is no path inside this repository."))
            return None
        if self._read(path) is None:
            self._problem(node.problem(f"There is no file '{shown(path)}' in this repository."))
            return None
        return path

    def _problem(self, problem: Problem) -> None:
        self._problems[problem] = None

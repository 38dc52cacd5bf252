"""The only place that remembers what was derived from a tree, by the blobs that were read for it.

Most commits touch no compose file and no descriptor; what these say then need not be read again, whatever the tree is called.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

from calcifer.kit.git.repository import Repository
from calcifer.kit.git.trees import Blob
from calcifer.services.compose import Beside
from calcifer.services.folders import placed
from calcifer.services.marked_yaml import MAX_BYTES

T = TypeVar("T")
Read = Callable[[str], bytes | None]
_REPOSITORIES = 1000
_EACH = 4
_known: OrderedDict[tuple[str, str, Any], list[tuple[dict[str, Blob | None], Any]]] = OrderedDict()
_lock = Lock()


def derive(
    repository: Repository, rev: str, derived: Callable[[Read], T], folder: str = ""
) -> tuple[T, frozenset[str]]:
    """Return `derived` of a folder of a commit or tree, and every path of the repository that it asked for (there or not).

    It must read nothing else. What it asks for is relative to the folder, and may lie beside it.
    """
    key = (str(repository.path), folder, derived)
    for seen, known in _known.get(key, ()):
        if all(repository.entry(rev, path) == blob for path, blob in seen.items()):
            return known, frozenset(seen)
    asked: dict[str, Blob | None] = {}

    def read(path: str) -> bytes | None:
        where = placed(folder, path)
        if where is None:
            return None
        try:
            asked[where] = repository.entry(rev, where)
            blob = asked[where]
            too_big = blob is not None and repository.size(blob.oid) > MAX_BYTES
            return bytes(MAX_BYTES + 1) if too_big else repository.read(rev, where)  # still too big for who reads it
        except UnicodeEncodeError:  # a name that no tree of ours can have been asked for
            return None

    found = derived(Beside(read) if folder else read)
    with _lock:
        _known[key] = [(asked, found), *_known.pop(key, [])][:_EACH]
        if len(_known) > _REPOSITORIES:
            _known.popitem(last=False)
    return found, frozenset(asked)

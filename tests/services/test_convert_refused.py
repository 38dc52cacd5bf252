"""What cannot be converted is refused before anything is touched."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from calcifer.kit.errors import CalciferError, Conflict, Invalid, NotFound, Unavailable
from calcifer.kit.uow import Actor
from calcifer.services.layouts.planned import planned
from calcifer.services.layouts.wishes import Wish
from tests.conftest import Git
from tests.services.layouts import (
    APP,
    BACKUP,
    NOW,
    PNG,
    Convert,
    commit,
    layout,
    state,
    write,
)


def put_away(root: Path, git: Git) -> bool:
    """Put what is not committed away."""
    git(root, "reset", "-q")
    git(root, "stash", "-q", "-u")
    return True


def linked(root: Path, git: Git) -> None:
    git(root, "worktree", "add", "-q", str(root.parent / "linked"), "work")


def submodule(root: Path, git: Git) -> None:
    other = layout(root.parent / "other")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), f"{APP}/sub")


def merging(root: Path, git: Git) -> None:
    (root / ".git/MERGE_HEAD").write_text(git(root, "rev-parse", "work") + "\n")


def own_repository(root: Path, git: Git) -> None:
    git(root / APP, "init", "-q")


def clash(root: Path, git: Git) -> None:
    write(root, {f"{APP}/docs/guide.md": "# Another\n", f"{APP}/docs/pictures/one.png": PNG})


def hidden(root: Path, git: Git) -> None:
    write(root, {f"{APP}/.gitignore": "/build/\n/docs/\n"})


def linked_rules(root: Path, git: Git) -> None:
    (root / APP / ".gitignore").unlink()
    (root / APP / ".gitignore").symlink_to("../.gitignore")


REFUSED: list[tuple[Callable[[Path, Git], object], type[CalciferError], str]] = [
    (lambda root, git: put_away(root, git) and git(root, "switch", "-q", "work"), Conflict, "work is checked out"),
    (lambda root, git: git(root, "switch", "-q", "--detach"), Conflict, "without a branch"),
    (linked, Conflict, "Linked worktrees"),
    (submodule, Conflict, "Submodules"),
    (merging, Conflict, "A merge is under way"),
    (lambda root, _: write(root, {".git/index.lock": ""}), Conflict, "index.lock"),
    (own_repository, Conflict, "repository of its own already"),
    (clash, Conflict, "guide.md, and not the same"),
    (hidden, Conflict, "docs/draft.md"),
    (linked_rules, Conflict, "is a link"),
    (lambda root, _: (root / APP / ".gitignore").unlink(), Conflict, "has come or gone"),
    (lambda root, _: (root / ".git").rename(root / "git"), Conflict, "no git repository"),
    (lambda root, git: git(root, "config", "core.sparseCheckout", "true"), Conflict, "sparse"),
]


@pytest.mark.parametrize(("change", "kind", "said"), REFUSED, ids=[said for _, _, said in REFUSED])
def test_is_refused_and_nothing_touched(
    root: Path,
    convert: Convert,
    git: Git,
    change: Callable[[Path, Git], object],
    kind: type[CalciferError],
    said: str,
) -> None:
    change(root, git)
    before, beside = state(root), sorted(root.parent.iterdir())
    with pytest.raises(kind) as refused:
        convert()
    assert said in refused.value.message
    assert state(root) == before
    assert sorted(root.parent.iterdir()) == beside


def test_application_that_cannot_be_told_is_asked_for(root: Path, git: Git, actor: Actor) -> None:
    put_away(root, git)
    shutil.rmtree(root / APP / "vendored")
    git(root, "mv", APP, "shop")
    commit(root, "Rename")
    with pytest.raises(Invalid, match="other, shop"):
        planned(Wish(root), NOW)
    assert planned(Wish(root, "shop"), NOW).places.app == "shop"
    with pytest.raises(NotFound):
        planned(Wish(root, "project-x"), NOW)
    with pytest.raises(NotFound):
        planned(Wish(root, "../shop"), NOW)
    with pytest.raises(NotFound):
        planned(Wish(root, "shop", docs="wiki"), NOW)
    with pytest.raises(Invalid):
        planned(Wish(root, "shop", docs="../x"), NOW)


def test_backup_lies_outside_and_has_room(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Invalid, match="outside"):
        planned(Wish(root, backups=root / "docs"), NOW)
    assert planned(Wish(root, backups=tmp_path), NOW).backup == tmp_path / BACKUP
    full = shutil.disk_usage(root)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(Unavailable, match="are needed"):
        planned(Wish(root), NOW)

"""Who acts on the command line."""

from pathlib import Path

import pytest
from tests.conftest import Git
from tests.owner import OWNER

from calcifer.accounts.local import local_actor
from calcifer.kit.errors import Invalid


def test_it_is_whom_git_knows(home: Path) -> None:
    actor = local_actor(home)
    assert (actor.name, actor.mail, actor.role) == (OWNER.name, OWNER.mail, "owner")


@pytest.mark.parametrize("key", ["user.name", "user.email"])
def test_without_a_name_it_says_what_to_do(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    other = {"user.name": "email = a@example.org", "user.email": "name = Ada"}[key]
    (tmp_path / ".gitconfig").write_text(f"[user]\n\t{other}\n")
    with pytest.raises(Invalid, match=key) as raised:
        local_actor(home)
    assert (raised.value.mend or "").startswith(f"git config --global {key}")


@pytest.mark.parametrize("name", ["Gr<b>ace", ","])
def test_a_name_that_cannot_sign_is_refused_with_the_way_to_change_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(f"[user]\n\tname = {name}\n\temail = a@example.org\n")
    with pytest.raises(Invalid, match="cannot sign a commit") as raised:
        local_actor(home)
    assert (raised.value.mend or "").startswith("git config --global user.name")
    assert ".." not in raised.value.message


def test_a_workspace_that_is_not_there_yet(tmp_path: Path, git: Git) -> None:
    assert local_actor(tmp_path / "later").mail == OWNER.mail

"""Links in a repository are never followed out of it, and what stands for CHANGES.md is followed only within."""

from pathlib import Path

import pytest

from calcifer.kit.errors import Conflict
from calcifer.work import service as work
from tests.odd.conftest import Around
from tests.odd.loop import git, made
from tests.owner import OWNER
from tests.work import factories


def linked(web: Path, links: dict[str, str]) -> Path:
    """Commit links."""
    for name, target in links.items():
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).symlink_to(target)
    git(web, "add", ".")
    git(web, "commit", "-q", "-m", "Links")
    return web


def test_links_that_lead_outside(around: Around, home: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "page.md").write_text("the secret\n")
    links = {
        "README": str(secret),
        "docs": str(tmp_path / "folder"),
        "up": "../../..",
        ".calcifer/service.yaml": str(secret),
    }
    loop = around(linked(made(home / "web"), links))
    loop.run()
    for path in ("README", "docs", "up", "docs/page.md"):
        loop.client.get(f"/services/web/raw?path={path}")
        answer = loop.client.get(f"/services/web/files?path={path}")
        assert answer.status_code in {200, 404}
        loop.pages[path] = answer.text
    assert not [page for page, text in loop.pages.items() if "the secret" in text]
    assert secret.read_text() == "the secret\n"
    number = loop.open("Through a link")
    with pytest.raises(Conflict, match="nothing can lie below it"):
        factories.committed(loop.wiring, number, "x\n", "docs/new.md")


def test_an_entry_goes_into_the_file_that_changes_leads_to(around: Around, home: Path) -> None:
    web = linked(made(home / "web", {"docs/changelog.md": b"# Changes\n"}), {"CHANGES.md": "docs/changelog.md"})
    around(web).run()
    assert str((web / "CHANGES.md").readlink()) == "docs/changelog.md"
    assert "Pin nginx." in (web / "docs" / "changelog.md").read_text()


@pytest.mark.parametrize("target", ["/etc/hostname", "../outside.md", "nowhere.md", "docs"])
def test_changes_that_leads_nowhere_is_refused_before_anything_moves(around: Around, home: Path, target: str) -> None:
    web = linked(made(home / "web", {"docs/page.md": b"x\n"}), {"CHANGES.md": target})
    loop = around(web)
    loop.scan()
    number = loop.open()
    loop.commit_text(number)
    factories.finished(loop.wiring, number)
    before = git(web, "for-each-ref")
    with pytest.raises(Conflict, match="leads to none of this repository"), loop.wiring.units.write(OWNER) as uow:
        work.complete(uow, number)
    assert git(web, "for-each-ref") == before
    loop.settled()

"""Files of main: folders, texts with line numbers, and whatever else people commit; nothing outside the repository, nothing run."""

import json
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from calcifer.services.contents import MOST_SHOWN_BYTES
from calcifer.wiring import Wiring
from tests.conftest import Ran
from tests.services.repositories import EVIL, PNG, committed, hostile
from tests.work.factories import git, service

OUTSIDE = [
    "../web/README.md",
    "/etc/passwd",
    "docs/../../README.md",
    "..",
    ".",
    ".git/config",
    "docs/.git/HEAD",
    "a//b",
    "a\\b",
    "C:/x",
    "a\nb",
    "a\x01b",
    "x" * 300,
    "a/" * 400,
    "\u202egpj.exe\x7f",
]


def test_folders_and_texts_are_shown(client: TestClient, api: TestClient, wiring: Wiring) -> None:
    path = service(wiring, "web")
    commit = committed(path, {"config/nginx/site.conf": "listen 80;\r\n\ttabs & <tags>\n"})
    top = client.get("/services/web/files").text
    assert 'href="/services/web/files?path=config"' in top
    assert commit[:10] in top
    file = client.get("/services/web/files?path=config%2Fnginx%2Fsite.conf").text
    assert 'id="L2"' in file
    assert "\ttabs &amp; &lt;tags&gt;" in file
    assert 'id="L3"' not in file
    assert "/work/change?service_name=web&amp;path=config/nginx/site.conf" in file
    told = api.get("/api/v1/services/web/files?path=config/nginx/").json()
    assert (told["kind"], [entry["path"] for entry in told["entries"]]) == ("folder", ["config/nginx/site.conf"])
    assert api.get("/api/v1/services/web/files?path=config/nginx/site.conf").json()["text"].startswith("listen 80;\n")


def test_only_what_is_on_main_is_shown(client: TestClient, wiring: Wiring) -> None:
    path = service(wiring, "web")
    (path / ".env").write_text("PASSWORD=secret")
    (path / "README.md").write_text("edited and not committed")
    git(path, "checkout", "-q", "-b", "other")
    committed(path, {"other.txt": "on a branch"})
    shown = client.get("/services/web/files").text
    assert "other.txt" not in shown
    assert "edited" not in client.get("/services/web/files?path=README.md").text
    assert client.get("/services/web/files?path=.env").status_code == 404


def test_what_is_no_text_is_described(client: TestClient, api: TestClient, wiring: Wiring) -> None:
    path = service(wiring, "web")
    (path / "link").symlink_to("/etc/passwd")
    committed(
        path,
        {
            "data.bin": b"\0\1\2",
            "picture.png": PNG,
            "large.log": b"a line\n" * (MOST_SHOWN_BYTES // 7 + 1),
            "long.txt": b"\n" * 20_000,
            "latin.txt": b"caf\xe9 \xe2\x80\xae evil\x1b[31m",
            "empty": b"",
            "no-end": b"one line",
        },
    )
    head = git(path, "rev-parse", "HEAD")
    git(path, "update-index", "--add", "--cacheinfo", f"160000,{head},module")
    git(path, "commit", "-q", "-m", "Module")
    kinds = {
        name: api.get("/api/v1/services/web/files", params={"path": name}).json()["kind"]
        for name in (
            "data.bin",
            "picture.png",
            "large.log",
            "long.txt",
            "latin.txt",
            "empty",
            "no-end",
            "link",
            "module",
        )
    }
    assert list(kinds.values()) == ["binary", "image", "large", "large", "text", "text", "text", "link", "submodule"]
    pages = {name: client.get("/services/web/files", params={"path": name}) for name in kinds}
    assert all(page.status_code == 200 for page in pages.values())
    assert "root:" not in pages["link"].text
    assert "/etc/passwd" in pages["link"].text
    assert "caf⟨0xE9⟩ ⟨U+202E⟩ evil⟨0x1B⟩[31m" in pages["latin.txt"].text
    assert "The file is empty." in pages["empty"].text
    assert head in pages["module"].text
    assert client.get("/services/web/raw?path=link").status_code == 404


def test_hostile_names_are_shown_and_harm_nothing(
    client: TestClient, api: TestClient, calcifer: Callable[..., Ran], wiring: Wiring
) -> None:
    hostile(service(wiring, "web"))
    shown = client.get("/services/web/files")
    assert shown.status_code == 200
    assert "<script>" not in shown.text.replace('<script src="', "")
    assert "caf⟨0xE9⟩.txt" in shown.text
    assert "⟨U+202E⟩gpj.exe" in shown.text
    for row in api.get("/api/v1/services/web/files").json()["entries"]:
        if row["path"] is not None:
            answer = client.get("/services/web/files", params={"path": row["path"]})
            assert answer.status_code == 200, row
    printed = calcifer("services", "files", "web").out
    assert "\x1b" not in printed
    assert "a\nb" not in printed
    assert client.get("/services/web/documentation").status_code == 200


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_outside_the_repository_is_read(
    client: TestClient, api: TestClient, calcifer: Callable[..., Ran], wiring: Wiring, path: str
) -> None:
    service(wiring, "web")
    for where in ("files", "raw", "documentation"):
        answer = client.get(f"/services/web/{where}", params={"path": path})
        assert answer.status_code in {404, 422}, (where, answer.status_code)
        assert "root:" not in answer.text
    answer = api.get("/api/v1/services/web/files", params={"path": path})
    assert answer.status_code in {404, 422}
    assert answer.json()["detail"]
    assert calcifer("services", "files", "web", path).code in {2, 3}


def test_a_path_of_no_file_is_not_found(client: TestClient, api: TestClient, wiring: Wiring) -> None:
    service(wiring, "web")
    for path in ("nope", "README.md/x", "docs/none.md", "%41"):
        assert client.get("/services/web/files", params={"path": path}).status_code == 404
        assert client.get("/services/web/documentation", params={"path": path}).status_code == 404
        assert api.get("/api/v1/services/web/files", params={"path": path}).status_code == 404


def test_an_image_is_sent_into_a_sandbox(client: TestClient, wiring: Wiring) -> None:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{EVIL}</svg>'
    committed(service(wiring, "web"), {"a.svg": svg, "b.PNG": PNG, "c.html": EVIL, "d\u00e9 \"q'.js": EVIL, "e": EVIL})
    for name, kind in (("a.svg", "image/svg+xml"), ("b.PNG", "image/png")):
        answer = client.get("/services/web/raw", params={"path": name})
        assert answer.headers["content-type"] == kind
        assert "content-disposition" not in answer.headers
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert "script" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    for name in ("c.html", "d\u00e9 \"q'.js", "e"):
        answer = client.get("/services/web/raw", params={"path": name})
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
        assert answer.headers["content-security-policy"].startswith("sandbox;")
        assert answer.content == EVIL.encode()


def test_commands_list_and_print(calcifer: Callable[..., Ran], wiring: Wiring) -> None:
    service(wiring, "web")
    assert "README.md" in calcifer("services", "files", "web").out
    assert calcifer("services", "files", "web", "README.md").out.startswith("# Web\n")
    assert json.loads(calcifer("services", "files", "web", "README.md", "--json").out)["kind"] == "text"

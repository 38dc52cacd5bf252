"""The client of registries: what an honest one says, and what one does that wants to do harm."""

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from calcifer.kit import guarded
from calcifer.kit.bounded import NotLetIn, TooLarge, TooMany
from calcifer.kit.errors import CalciferError, NotFound, Unavailable
from calcifer.kit.guarded import Guard, NotThere, reach
from calcifer.updates import credentials, registry
from calcifer.updates.registry import NoRegistry
from tests.registry import Registry, Request, digest_of, serving


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry with an image."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with serving() as made:
        made.push("team/web", "1.0.0", "1.0.1", "latest")
        yield made


def client(there: Registry, repository: str = "team/web") -> registry.Registry:
    """A client for one image."""
    return registry.Registry(there.name, repository)


def test_tags_come_in_pages_and_are_not_told_again(there: Registry) -> None:
    assert client(there).tags().names == ["1.0.0", "1.0.1", "latest"]
    etag = client(there).tags().etag
    assert client(there).tags(etag) == registry.Tags(None, etag)
    there.page = 2
    found = client(there).tags()
    assert (found.names, found.etag) == (["1.0.0", "1.0.1", "latest"], "")
    assert client(there).digest("1.0.1") == digest_of("team/web:1.0.1")


def test_a_token_is_fetched_where_it_is_asked_for(there: Registry) -> None:
    there.token = "secret"
    assert client(there).digest("latest") == digest_of("team/web:latest")
    assert sum("/token?scope=repository%3Ateam%2Fweb%3Apull" in one for one in there.asked) == 1


def test_who_this_machine_is_at_a_registry(there: Registry, tmp_path: Path) -> None:
    said: list[str | None] = []
    there.token = "secret"

    def note(request: Request) -> bool:
        if request.path.startswith("/token"):
            said.append(request.headers.get("Authorization"))
        return False

    there.answer = note
    client(there).tags()
    auth = base64.b64encode(b"ada:pass").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {there.name: {"auth": auth}}, "credsStore": "x"}))
    client(there).tags()
    assert said == [None, f"Basic {auth}"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"auths": 3}', '{"auths": {"a.example": {"auth": "no base 64"}}}', "\0"]
)
def test_what_is_no_list_of_credentials_is_none(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert credentials.find("a.example") is None
    (tmp_path / "config.json").write_text(text)
    assert credentials.find("a.example") is None


def test_what_is_not_there_is_a_sentence(there: Registry) -> None:
    with pytest.raises(NotFound, match="has no team/other,"):
        client(there, "team/other").tags()
    with pytest.raises(NotFound, match="has no team/web:9,"):
        client(there).digest("9")
    there.token, there.realm = "x", f"http://{there.name}/v2/nothing"
    with pytest.raises(NoRegistry, match="gives no token"):
        there.answer = lambda request: "/v2/nothing" in request.path and request.say(200, [])
        client(there).tags()
    there.answer = lambda request: request.say(401, {}, {"WWW-Authenticate": "Basic realm=x"})
    with pytest.raises(NotLetIn, match="does not let Calcifer see"):
        client(there).tags()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable, match="cannot be reached"):
        registry.Registry(f"127.0.0.1:{port}", "web").tags()


@pytest.mark.parametrize(("after", "seconds"), [("7", 7), ("999999999", 86400), ("0", 1), ("soon", 3600), ("-1", 3600)])
def test_a_registry_is_left_alone_as_long_as_it_asks(there: Registry, after: str, seconds: int) -> None:
    there.answer = lambda request: request.say(429, {}, {"Retry-After": after})
    with pytest.raises(TooMany) as caught:
        client(there).tags()
    assert caught.value.wait_seconds == seconds


# -- one that wants to do harm ------------------------------------------------------------------------------------------


def test_pages_come_to_an_end(there: Registry) -> None:
    pages = iter(range(10**9))

    def endless(request: Request) -> bool:
        link = {"Link": f'</v2/team/web/tags/list?last={next(pages)}>; rel="next"'}
        request.say(200, {"tags": [f"1.{next(pages)}"]}, link)
        return True

    there.answer = endless
    with pytest.raises(NoRegistry, match="not come to an end"):
        client(there).tags()
    assert len(there.asked) == registry.MOST_PAGES


def test_an_answer_has_a_size_and_a_time(there: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "LARGEST_BYTES", 200_000)
    monkeypatch.setattr(guarded, "ANSWER_SECONDS", 0.3)

    def large(request: Request) -> bool:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)
        request.close_connection = True
        return True

    def dripping(request: Request) -> bool:
        request.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        with suppress(OSError):
            for _ in range(100):
                request.wfile.write(b"x")
                time.sleep(0.05)
        request.close_connection = True
        return True

    there.answer = large
    with pytest.raises(TooLarge, match="that is not read"):
        client(there).tags()
    there.answer = dripping
    with pytest.raises(Unavailable, match="takes longer than"):
        client(there).tags()


def test_time_is_counted_from_the_first_address_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "ANSWER_SECONDS", 0.3)
    guard = Guard(frozenset({"loopback"}))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:  # a TLS record that never comes to its end
            made, _ = server.accept()
            with made, suppress(OSError):
                made.sendall(b"\x16\x03\x03\x40\x00")
                for _ in range(40):
                    made.sendall(b"x")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Unavailable, match="takes longer than"):
            guarded.ask(f"https://127.0.0.1:{server.getsockname()[1]}/", guard)
    monkeypatch.setattr(guarded, "SILENCE_SECONDS", 0.2)
    holes = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{end}", 443)) for end in range(1, 9)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: holes)

    def silence(made: socket.socket, _where: object) -> None:
        time.sleep(made.gettimeout() or 9)
        raise TimeoutError

    monkeypatch.setattr(socket.socket, "connect", silence)
    with pytest.raises(Unavailable, match="takes longer than"):
        guarded.ask("https://localhost/", guard)
    assert time.monotonic() - began < 1


def test_how_far_a_token_may_come_from_is_told_by_the_address_that_was_asked(
    there: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[frozenset[str]] = []
    real = guarded.ask

    def ask(url: str, guard: Guard, **more: Any) -> guarded.Answer:
        if url.startswith("https://auth.example/"):
            reached.append(guard.allowed)
            return guarded.Answer(200, {}, b'{"token": "x"}')
        return real(url, guard, **more)

    monkeypatch.setattr(guarded, "ask", ask)
    assert real(f"http://{there.name}/v2/", Guard(frozenset({"loopback"}))).reach == "loopback"
    away = {"www-authenticate": 'Bearer realm="https://auth.example/token"'}
    for far in ("loopback", "inside", "outside"):
        client(there)._sign_in(guarded.Answer(401, away, b"", reach=far))
    assert reached == [{"inside", "outside"}, {"inside", "outside"}, {"outside"}]


@pytest.mark.parametrize(
    "realm",
    [
        "http://127.0.0.1:1/token", "https://127.0.0.1:1/token", "https://169.254.169.254/latest/meta-data", "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x", "https://localhost/x", "file:///etc/passwd", "https://user@host.example/x", "https://", "x",
        "https://[fe80::1%25eth0]/x", "https://0.0.0.0/x", "https://[", "http://192.0.2.1/token", "https://ex ample/\\n",
    ],
)  # fmt: skip
def test_nobody_is_asked_for_a_token_elsewhere_inside(there: Registry, realm: str) -> None:
    there.token, there.realm = "x", realm
    with pytest.raises((NoRegistry, NotThere)):
        client(there).tags()
    assert len(there.asked) == 1


@pytest.mark.parametrize("name", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "224.0.0.1", "[::ffff:169.254.169.254]"])  # noqa: S104
def test_link_local_registries_are_not_asked(name: str) -> None:
    with pytest.raises(NotThere):
        registry.Registry(name, "web").tags()


def test_a_name_that_leads_inside_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    where = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: where)
    with pytest.raises(NotThere, match="lies at an address"):
        registry.Registry("rebound.example", "web").tags()
    with pytest.raises(NotThere):
        guarded.ask("https://rebound.example/", Guard(frozenset({"outside"})))


@pytest.mark.parametrize(
    ("host", "far"),
    [
        ("localhost", "loopback"), ("a.localhost", "loopback"), ("127.9.9.9", "loopback"), ("::1", "loopback"),
        ("10.0.0.1", "inside"), ("fd00::1", "inside"), ("169.254.1.1", "nowhere"), ("fe80::1", "nowhere"),
        ("8.8.8.8", "outside"), ("registry.example", "outside"), ("::ffff:10.0.0.1", "inside"), ("2002:7f00:1::", "loopback"),
    ],
)  # fmt: skip
def test_how_far_away_an_address_is(host: str, far: str) -> None:
    assert reach(host) == far


@pytest.mark.parametrize(
    "say",
    [
        lambda request: request.say(200, {"tags": 3}),
        lambda request: request.say(200, []),
        lambda request: request.say(302, {}, {"Location": "http://127.0.0.1:1/"}),
        lambda request: request.say(200, {"tags": ["1"]}, {"Link": '<http://169.254.169.254/v2/>; rel="next"'}),
        lambda request: request.say(200, {"tags": ["1"]}, {"Link": '</admin?delete>; rel="next"'}),
        lambda request: request.say(200, {"tags": ["1"]}, {"Link": "<//[bad>; rel=next"}),
        lambda request: request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000),
        lambda request: request.wfile.write(b"junk\r\n\r\n"),
        lambda request: request.say(500, {}),
        lambda request: request.say(418, {}),
        lambda request: request.say(401, {}, {"WWW-Authenticate": 'Bearer realm="' + "x" * 9000}),
    ],
)  # fmt: skip
def test_whatever_is_said_is_a_sentence(there: Registry, say: Callable[[Request], object]) -> None:
    def answer(request: Request) -> bool:
        say(request)
        request.close_connection = True
        return True

    there.answer = answer
    with pytest.raises(CalciferError) as caught:
        client(there).tags()
    assert caught.value.message.isprintable()


def test_tags_that_are_none_are_left_out(there: Registry) -> None:
    names = ["1.0", "../../x", "a\x1b[2J", "-x", "x" * 200, 7, None, "", "é"]
    there.answer = lambda request: request.say(200, {"tags": names})
    assert client(there).tags().names == ["1.0"]
    there.answer = lambda request: request.say(200, {"tags": None})
    assert client(there).tags().names == []

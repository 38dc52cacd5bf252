"""What endpoints say, asked on this machine, and what their answers mean together."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from calcifer.monitoring import verdict
from calcifer.monitoring.endpoints import Endpoint, of_target
from calcifer.monitoring.probes import icmp, probe

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """Answer each connection on a port of this machine."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.1)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    try:
                        connection.recv(4096)
                        answer(connection)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        is_over.set()
        thread.join()


def saying(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


def drip(connection: socket.socket) -> None:
    for _ in range(60):
        connection.sendall(b"H")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("said", "expect", "standing", "words"),
    [
        (OK, None, "well", "answers 200"),
        (OK.replace(b"200 OK", b"302 Found"), None, "well", "answers 302"),
        (OK.replace(b"200 OK", b"302 Found\r\nLocation: file:///etc/passwd"), 302, "well", "answers 302"),
        (OK.replace(b"200", b"500"), None, "ill", "answers 500"),
        (OK.replace(b"200", b"401"), 401, "well", "answers 401"),
        (OK, 401, "ill", "answers 200, and 401 is expected"),
        (b"SSH-2.0-OpenSSH\r\n", None, "ill", "what is no HTTP"),
        (b"", None, "ill", "ends the connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000, None, "ill", "what is no HTTP"),
    ],
)
def test_http_is_judged_by_its_status(said: bytes, expect: int | None, standing: str, words: str) -> None:
    with serving(saying(said)) as port:
        found = probe(Endpoint(f"http://127.0.0.1:{port}/a?b=ü", expect=expect), 2)
    assert (found.standing, words in found.said) == (standing, True), found.said


@pytest.mark.parametrize("answer", [drip, lambda _: time.sleep(2)], ids=["a byte now and then", "nothing"])
def test_http_has_an_end(answer: Callable[[socket.socket], None]) -> None:
    with serving(answer) as port:
        began = time.monotonic()
        found = probe(Endpoint(f"http://127.0.0.1:{port}/"), 0.4)
    assert found.sentence == f"http://127.0.0.1:{port}/ does not answer in time."
    assert time.monotonic() - began < 4


def test_https_without_tls_behind_it() -> None:
    with serving(saying(OK)) as port:
        assert "no TLS that is understood" in probe(Endpoint(f"https://127.0.0.1:{port}/"), 2).said


def test_tcp_takes_a_connection_or_refuses_it() -> None:
    with serving(saying(b"")) as port:
        assert probe(Endpoint(f"tcp://127.0.0.1:{port}")).standing == "well"
    assert probe(Endpoint(f"tcp://127.0.0.1:{port}")).said == "refuses the connection"
    assert probe(Endpoint("tcp://127.0.0.1")).said == "is no address that can be asked"


def test_a_name_server_is_asked_for_a_name() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        for code, answers, said in (
            (0, 1, "knows a.test (A)"),
            (3, 0, "NXDOMAIN"),
            (0, 0, "has no answer for a.test (A)"),
        ):

            def reply(code: int = code, answers: int = answers) -> None:
                asked, who = server.recvfrom(512)
                server.sendto(b"\0\0" + asked[2:], who)  # another one's number: not taken
                server.sendto(asked[:2] + bytes([0x81, code, 0, 1, 0, answers, 0, 0, 0, 0]), who)

            thread = threading.Thread(target=reply)
            thread.start()
            assert said in probe(Endpoint(f"dns://127.0.0.1:{port}/a.test"), 2).said
            thread.join()
    assert probe(Endpoint("dns://127.0.0.1/a?type=XYZ")).standing == "unjudged"


def test_icmp_says_so_where_it_cannot_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = icmp.by_program(Endpoint("icmp://127.0.0.1"), "127.0.0.1", 1, "Permission denied")
    assert found.standing == "unjudged"
    assert "no program ping" in found.sentence


def test_icmp_is_answered_where_this_machine_may_ask() -> None:
    assert probe(Endpoint("icmp://127.0.0.1"), 2).standing in {"well", "unjudged"}


def test_a_kind_that_nobody_knows_is_not_judged() -> None:
    assert probe(Endpoint("gopher://127.0.0.1/")).standing == "unjudged"


def test_endpoints_belong_to_the_target_that_they_name_else_to_production() -> None:
    said: list[dict[str, Any]] = [
        {"url": "tcp://a:1"},
        {"url": "tcp://b:1", "target": "test", "expect": None, "name": "B"},
    ]
    assert [one.url for one in of_target(said, "production")] == ["tcp://a:1"]
    assert [(one.url, one.name) for one in of_target(said, "test")] == [("tcp://b:1", "B")]


def test_the_verdict_of_several() -> None:
    well, ill = (
        Endpoint("tcp://a:1").well("takes connections"),
        Endpoint("http://u:secret@b/?key=1", "B").ill("answers 500"),
    )
    unjudged = Endpoint("icmp://c").unjudged("cannot be judged")
    assert (verdict.standing([]), verdict.sentence([])) == ("well", "")
    assert verdict.standing([well, ill, unjudged]) == "ill"
    assert verdict.sentence([well, ill, unjudged]) == "B (http://b/) answers 500."
    assert verdict.standing([well, unjudged]) == "unjudged"
    assert verdict.sentence([well, unjudged]) == "tcp://a:1 takes connections. icmp://c cannot be judged."
    assert verdict.sentence([well, well]) == "All 2 endpoints answer."
    assert (
        verdict.sentence([well, well, unjudged])
        == "All 2 endpoints that could be asked answer. icmp://c cannot be judged."
    )

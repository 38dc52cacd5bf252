"""`http://…` and `https://…`: with which status it answers.

Nothing but the head of the answer is read, and no redirect is followed: that somebody leads elsewhere is an answer (3xx), and
nothing that an answer says makes Calcifer ask another address, or by another scheme.
"""

import socket
import ssl
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote

from calcifer.monitoring.endpoints import Answer, Endpoint


def ask(endpoint: Endpoint, seconds: float) -> Answer:
    """GET the address once."""
    parts = endpoint.parts
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe="!#$%&'()*+,/:;=?@[]~")
    connection = _connection(endpoint, seconds)
    late = threading.Event()
    ending = threading.Timer(seconds, _hang_up, (connection, late))
    ending.daemon = True
    ending.start()
    try:
        connection.request("GET", path, headers=_HEADERS)
        status = connection.getresponse().status
    except ssl.SSLCertVerificationError as error:
        return endpoint.ill(f"shows a certificate that is not trusted: {error.verify_message}")
    except ssl.SSLError as error:
        return endpoint.ill(f"speaks no TLS that is understood: {error.reason}")
    except (HTTPException, OSError) as error:
        if late.is_set():
            raise TimeoutError from None
        if isinstance(error, OSError):
            raise
        return endpoint.ill(f"answers with what is no HTTP ({type(error).__name__})")
    finally:
        ending.cancel()
        connection.close()
    return _judged(endpoint, status)


_HEADERS = {"User-Agent": "calcifer", "Accept": "*/*", "Connection": "close"}


def _connection(endpoint: Endpoint, seconds: float) -> HTTPConnection:
    host = endpoint.parts.hostname or ""
    if endpoint.kind == "https":
        return HTTPSConnection(host, endpoint.port, timeout=seconds, context=ssl.create_default_context())
    return HTTPConnection(host, endpoint.port, timeout=seconds)


def _hang_up(connection: HTTPConnection, late: threading.Event) -> None:
    """End a connection whose time is over, whatever it still says: a byte a second would keep each step from its own limit."""
    late.set()
    found = connection.sock
    if isinstance(found, socket.socket):
        with suppress(OSError):
            found.shutdown(socket.SHUT_RDWR)


def _judged(endpoint: Endpoint, status: int) -> Answer:
    if endpoint.expect is not None:
        if status == endpoint.expect:
            return endpoint.well(f"answers {status}")
        return endpoint.ill(f"answers {status}, and {endpoint.expect} is expected")
    return endpoint.well(f"answers {status}") if 200 <= status < 400 else endpoint.ill(f"answers {status}")

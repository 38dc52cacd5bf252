"""`dns://server/name?type=A`: whether a name server has an answer (RFC 1035; the form of the address is RFC 4501's)."""

import secrets
import socket
import struct
import time
from urllib.parse import parse_qs, unquote

from calcifer.monitoring.endpoints import Answer, Endpoint

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}
CODES = {1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}


def ask(endpoint: Endpoint, seconds: float) -> Answer:
    """Ask the server once over UDP; a name that it does not know is ill."""
    parts, until = endpoint.parts, time.monotonic() + seconds
    name = unquote(parts.path).strip("/").rstrip(".")
    kind = parse_qs(parts.query.replace(";", "&")).get("type", ["A" if name else "NS"])[0].upper()
    if kind not in TYPES:
        return endpoint.unjudged(f"asks for the type {kind[:20]}, which is not known here")
    number = secrets.randbits(16)
    query = struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + _encoded(name) + struct.pack("!2H", TYPES[kind], 1)
    family, _, _, _, address = socket.getaddrinfo(parts.hostname, endpoint.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, socket.SOCK_DGRAM) as asking:
        asking.connect(address)  # so that nobody else can answer
        asking.send(query)
        while (left := until - time.monotonic()) > 0:
            asking.settimeout(left)
            said = asking.recv(4096)
            if len(said) >= 12 and said[:2] == query[:2] and said[2] & 0x80:
                return _judged(endpoint, said, f"{name or '.'} ({kind})")
    raise TimeoutError


def _encoded(name: str) -> bytes:
    labels = [label.encode("idna") for label in name.split(".")] if name else []
    if any(not 0 < len(label) < 64 for label in labels) or sum(map(len, labels)) + len(labels) > 254:
        raise ValueError("no name")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _judged(endpoint: Endpoint, said: bytes, what: str) -> Answer:
    code, answers = said[3] & 0x0F, struct.unpack("!H", said[6:8])[0]
    if code:
        return endpoint.ill(f"answers {CODES.get(code, code)} for {what}")
    return endpoint.well(f"knows {what}") if answers else endpoint.ill(f"has no answer for {what}")

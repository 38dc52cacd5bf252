"""`icmp://host`: whether a machine answers an echo request (RFC 792, RFC 4443).

By the socket that Linux gives to users whose group is in `net.ipv4.ping_group_range`, else by the program `ping`; where neither
may, nothing is said about the machine.
"""

import shlex
import shutil
import socket
import struct
import tempfile
import time
from pathlib import Path
from typing import Any

from calcifer.kit import commands
from calcifer.monitoring.endpoints import Answer, Endpoint

PROTOCOLS = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
REQUESTS = {socket.AF_INET: 8, socket.AF_INET6: 128}
REPLIES = {socket.AF_INET: 0, socket.AF_INET6: 129}


def ask(endpoint: Endpoint, seconds: float) -> Answer:
    """Send one echo request."""
    family, _, _, _, address = socket.getaddrinfo(endpoint.parts.hostname, None, type=socket.SOCK_DGRAM)[0]
    try:
        asking = socket.socket(family, socket.SOCK_DGRAM, PROTOCOLS[family])
    except (PermissionError, OSError) as error:
        return by_program(endpoint, str(address[0]), seconds, error.strerror or "not permitted")
    with asking:
        return _echoed(endpoint, asking, family, address, seconds)


def _echoed(
    endpoint: Endpoint,
    asking: socket.socket,
    family: socket.AddressFamily,
    address: tuple[Any, ...],
    seconds: float,
) -> Answer:
    until = time.monotonic() + seconds
    asking.connect(address)
    # The kernel writes identifier and checksum of these sockets, and gives us no other one's replies (icmp(7), ping sockets).
    asking.send(struct.pack("!BBHHH", REQUESTS[family], 0, 0, 0, 1) + b"calcifer")
    while (left := until - time.monotonic()) > 0:
        asking.settimeout(left)
        said = asking.recv(1500)
        if said[:1] == bytes([REPLIES[family]]):
            return endpoint.well("answers")
    raise TimeoutError


def by_program(endpoint: Endpoint, address: str, seconds: float, why: str) -> Answer:
    """Ask by `ping`: it says 0 where somebody answers, 1 where nobody does, and else that it could not ask (iputils, ping(8))."""
    if shutil.which("ping") is None:
        return endpoint.unjudged(f"cannot be judged: no ping socket ({why}), and no program ping")
    command = f"ping -n -c 1 -W {max(int(seconds), 1)} {shlex.quote(address)}"
    with tempfile.TemporaryDirectory(prefix="calcifer-ping-") as folder:
        ended = commands.run(command, cwd=Path(folder), home=Path(folder), mark=folder, limit_seconds=seconds + 2)
    if ended.exit_code == 0:
        return endpoint.well("answers")
    if ended.exit_code in (1, None):
        return endpoint.ill("does not answer in time")
    said = ended.output.strip().splitlines()[-1:] or ["it gave no reason"]
    return endpoint.unjudged(f"cannot be judged: ping says: {said[0][:200]}")

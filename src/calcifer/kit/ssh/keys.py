"""The keys that hosts show: which one a host offers, which ones the person's ssh knows, and how a key is told in words."""

import base64
import binascii
import hashlib
import re
import shlex
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from calcifer.kit.errors import Invalid, Unavailable
from calcifer.kit.ssh.addresses import Host, Pin
from calcifer.kit.ssh.scripts import KEPT_WORDS, OPTIONS, SSH_FAILED, chosen, environment, failure, pinned

KEY = re.compile(r"((?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]{1,60}) ([A-Za-z0-9+/]{20,3000}={0,2})\Z")
KEY_SECONDS = 30.0


def fingerprint(key: str) -> str:
    """Return the fingerprint of a public key (`type base64`) as ssh shows it: SHA256 over the blob, base64 without padding."""
    found = KEY.match(key)
    try:
        blob = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        blob = b""
    if not blob:
        raise Invalid.field("key", "This is no public key of a host.")
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def kind_of(key: str) -> str:
    """Return the type of a public key in a word, as the names of key files have it: ed25519, rsa, ecdsa."""
    return key.partition(" ")[0].removeprefix("ssh-").partition("-")[0]


def offered_key(host: Host) -> str:
    """Ask `host` for its key, without signing in; return it as `type base64`. Raises Unavailable where it does not answer."""
    with tempfile.TemporaryDirectory(prefix="calcifer-key-") as folder:
        asked = replace(host, pin=Pin("asked", Path(folder) / "known_hosts"))
        assert asked.pin
        line = [*chosen(pinned(asked, "accept-new")), *OPTIONS, "-o", "PreferredAuthentications=none"]
        line += [*(["-p", str(host.port)] if host.port else []), *(["-l", host.user] if host.user else [])]
        code, _, words = _said([*line, "--", host.name, "true"], host)
        try:
            said = asked.pin.file.read_text("ascii").removeprefix("asked ").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            said = ""
    if not KEY.match(said):
        raise failure(host, code or SSH_FAILED, words)
    return said


def known_keys(host: Host) -> set[str]:
    """Return the keys that the person's own ssh knows `host` by; nothing is asked of the network."""
    port = ["-p", str(host.port)] if host.port else []
    _, out, _ = _said([*chosen(), *port, "-G", "--", host.name], host)
    pairs = [line.partition(" ") for line in out.splitlines()]
    said = {name: value for name, _, value in pairs}
    alone = said.get("hostkeyalias") or said.get("hostname", host.name)
    name = alone if "hostkeyalias" in said or said.get("port", "22") == "22" else f"[{alone}]:{said['port']}"
    files = shlex.split(f"{said.get('userknownhostsfile', '')} {said.get('globalknownhostsfile', '')}")
    found = set()
    for file in files:
        path = Path(file).expanduser()
        if path.is_file():
            _, out, _ = _said(["ssh-keygen", "-F", name, "-f", str(path)], host)
            lines = [line.split() for line in out.splitlines() if not line.startswith(("#", "@"))]
            found |= {f"{words[1]} {words[2]}" for words in lines if len(words) > 2}
    return found


def _said(line: list[str], host: Host) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            line, stdin=subprocess.DEVNULL, capture_output=True, timeout=KEY_SECONDS, check=False, env=environment()
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{host} did not answer within {KEY_SECONDS:.0f} seconds.") from None
    except OSError as error:
        raise Unavailable(f"ssh could not be started: {error.strerror}.", mend="Install the OpenSSH client.") from error
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr[-KEPT_WORDS:].decode("utf-8", "replace")

"""`python -m calcifer.healthy`: whether the server of this machine or container answers, and its database too. Exit code 0 or 1.

It imports nothing of Calcifer but the settings: it runs every few seconds.
"""

import http.client
import sys
from typing import NamedTuple

from calcifer import config

SECONDS = 4.0


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    """HTTP's; 0 where there was no answer."""
    fault: str
    """What is wrong with it, in a sentence; empty where nothing is."""


def ask(host: str, port: int, path: str = "/healthz") -> Answer:
    """Ask the server that listens there."""
    plain = host.strip("[]")
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plain, plain)  # noqa: S104  (where it listens, not where we do)
    asked = http.client.HTTPConnection(here, port, timeout=SECONDS)
    try:
        asked.request("GET", path)
        status = asked.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"Calcifer does not answer at {here}, port {port}: {str(error) or type(error).__name__}.")
    finally:
        asked.close()
    return Answer(status, "" if status < http.client.BAD_REQUEST else f"Calcifer answers {path} with {status}.")


def main() -> int:
    """Ask the server of these settings, and say on standard error what is wrong."""
    settings = config.read()
    wrong = ask(settings.host, settings.port).fault
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

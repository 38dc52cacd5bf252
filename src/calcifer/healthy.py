"""`python -m calcifer.healthy`: whether the server of this machine or container answers, and its database too. Exit code 0 or 1.

It imports nothing of Calcifer but the settings: it runs every few seconds.
"""

import http.client
import sys

from calcifer import config

SECONDS = 4.0


def fault(host: str, port: int, path: str = "/healthz") -> str:
    """Return what is wrong with the server that listens there, in a sentence; empty where nothing is."""
    plain = host.strip("[]")
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plain, plain)  # noqa: S104  (where it listens, not where we do)
    asked = http.client.HTTPConnection(here, port, timeout=SECONDS)
    try:
        asked.request("GET", path)
        status = asked.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"Calcifer does not answer at {here}, port {port}: {str(error) or type(error).__name__}."
    finally:
        asked.close()
    return "" if status < http.client.BAD_REQUEST else f"Calcifer answers {path} with {status}."


def main() -> int:
    """Ask the server of these settings, and say on standard error what is wrong."""
    settings = config.read()
    wrong = fault(settings.host, settings.port)
    if wrong:
        sys.stderr.write(f"{wrong}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

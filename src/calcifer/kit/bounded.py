"""What every answer over HTTP is read with, whoever asks: its bounds in size and time, and what goes wrong as a sentence."""

import re
import time
from dataclasses import dataclass, field
from http.client import HTTPResponse
from urllib.parse import urljoin

from calcifer.kit.errors import Conflict, Unavailable

PIECE_BYTES = 65_536
_NEXT = re.compile(r'<([^<>\s]{1,2000})>\s*;[^,]*\brel="?next"?', re.IGNORECASE)


class TooLarge(Conflict):
    """The answer is larger than anything that is read."""


class NotTrusted(Conflict):
    """The other side cannot show that it is who it says it is."""


class NotLetIn(Conflict):
    """The other side wants a name or a token, or another one."""


class TooMany(Unavailable):
    """The other side takes no more questions for `wait_seconds`."""

    wait_seconds = 3600


@dataclass(frozen=True)
class Bounds:
    """How large the answer of `place` may be, and how long all of it may take from now."""

    place: str
    most_bytes: int
    seconds: float
    began: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """How many seconds are left; none where it is not above 0."""
        return self.began + self.seconds - time.monotonic()

    def too_late(self) -> Unavailable:
        """Make the error for an answer that takes longer."""
        return Unavailable(f"{self.place} takes longer than {self.seconds:.0f} seconds for one answer.")

    def read(self, answer: HTTPResponse) -> bytes:
        """Return the body; raises TooLarge or Unavailable."""
        pieces, size = [], 0
        while piece := answer.read1(PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > self.most_bytes:
                raise TooLarge(
                    f"{self.place} answers with more than {self.most_bytes // 1_000_000} MB: that is not read."
                )
            if self.left <= 0:
                raise self.too_late()
        return b"".join(pieces)


def following(url: str, link: str) -> str | None:
    """Return the address of the next page by the `Link` of the page at `url`; ValueError where it is none."""
    found = _NEXT.search(link[:8000])
    return urljoin(url, found[1]) if found else None


def not_trusted(place: str, error: BaseException) -> NotTrusted:
    """Make the error for a certificate that is not good here."""
    return NotTrusted(
        f"{place} shows a certificate that this machine does not trust: {reason(error)}.",
        mend="Let the machine trust its authority: /usr/local/share/ca-certificates, update-ca-certificates",
    )


def reason(error: object) -> str:
    """Return what an error says, short and on one line."""
    words = (
        getattr(error, "verify_message", None) or getattr(error, "strerror", None) or str(error) or type(error).__name__
    )
    return re.sub(r"[^\x20-\x7e]", " ", str(words))[:200].rstrip(".")

"""One module for each kind of address; each has `ask(endpoint, seconds)`: an Answer, or an OSError or ValueError that is raised."""

from calcifer.monitoring.endpoints import Answer, Endpoint
from calcifer.monitoring.probes import dns, http, icmp, tcp

KINDS = {"http": http.ask, "https": http.ask, "tcp": tcp.ask, "icmp": icmp.ask, "dns": dns.ask}
SECONDS = 5.0
"""How long one probe may take."""


def probe(endpoint: Endpoint, seconds: float = SECONDS) -> Answer:
    """Ask an endpoint once."""
    ask = KINDS.get(endpoint.kind)
    if ask is None:
        return endpoint.unjudged(f"has a kind that nothing here asks: {', '.join(KINDS)} are known")
    try:
        return ask(endpoint, seconds)
    except OSError as error:
        return endpoint.ill(said_of(error))
    except ValueError:
        return endpoint.ill("is no address that can be asked")


def said_of(error: OSError) -> str:
    """Return what a failed connection means, for a sentence that begins with the address."""
    if isinstance(error, TimeoutError):
        return "does not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "refuses the connection"
    if isinstance(error, ConnectionResetError):
        return "ends the connection"
    words = "".join(letter if letter.isprintable() else " " for letter in error.strerror or str(error))
    return f"cannot be reached: {words[:200] or type(error).__name__}"

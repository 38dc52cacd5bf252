"""`tcp://host:port`: whether somebody takes the connection."""

import socket

from calcifer.monitoring.endpoints import Answer, Endpoint


def ask(endpoint: Endpoint, seconds: float) -> Answer:
    """Connect, and hang up."""
    with socket.create_connection((endpoint.parts.hostname, endpoint.port), timeout=seconds):
        return endpoint.well("takes connections")

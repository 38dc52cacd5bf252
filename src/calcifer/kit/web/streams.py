"""The only place that answers with a stream: server-sent events (HTML, section 9.2), ended when the reader leaves."""

import json
from collections.abc import AsyncGenerator
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from calcifer.kit.errors import CalciferError

Events = AsyncGenerator[dict[str, Any] | None]
"""What is sent as JSON; None is a sign of life that no reader sees."""


class EventStream(StreamingResponse):
    """Sends events as they come. The last one is called `end`, and says what was wrong, if anything was."""

    media_type = "text/event-stream"

    def __init__(self, events: Events) -> None:
        """Send `events`, and close them in the end, whoever ends it."""
        self._events = events
        super().__init__(self._written(), headers={"x-accel-buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and let go of what is behind it as soon as the reader is gone."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._events.aclose()

    async def _written(self) -> AsyncGenerator[str]:
        said, mend = "", None
        try:
            async for event in self._events:
                yield ":\n\n" if event is None else f"data: {json.dumps(event)}\n\n"
        except CalciferError as error:
            said, mend = error.message, error.mend
        yield f"event: end\ndata: {json.dumps({'error': said, 'mend': mend})}\n\n"

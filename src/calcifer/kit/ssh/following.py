"""A script that says something now and then, and is ended when nobody listens any more: on this side, and on the other.

Its standard input stays open, with a byte each BEAT_SECONDS: where the connection ends, however that happens, the script sees it.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from calcifer.kit.errors import Unavailable
from calcifer.kit.ssh.addresses import Host
from calcifer.kit.ssh.scripts import KEPT_WORDS, command, environment, failure

BEAT_SECONDS = 20.0
PIECE_BYTES = 32_768
END_SECONDS = 5.0


async def following(host: Host, script: str, *, seconds: float) -> AsyncGenerator[bytes]:
    """Yield what a script writes, as it comes; b"" now and then, where it is silent. It ends with it, or after `seconds`.

    No more is read than is asked for: whoever is slow makes the other side wait. Raises what ssh says was wrong.
    """
    text = script.encode("utf-8", "surrogateescape")
    try:
        process = await asyncio.create_subprocess_exec(
            *command(host, len(text)), stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment(), limit=PIECE_BYTES
        )
    except OSError as error:
        raise Unavailable(f"ssh could not be started: {error.strerror}.", mend="Install the OpenSSH client.") from error
    words = asyncio.create_task(_last_words(process))
    try:
        with suppress(ConnectionError):
            assert process.stdin
            process.stdin.write(text)
            await process.stdin.drain()
        async with aclosing(_pieces(process, asyncio.get_running_loop().time() + seconds)) as pieces:
            async for piece in pieces:
                yield piece
        if process.stdout and process.stdout.at_eof() and (code := await _code(host, process)):
            raise failure(host, code, (await words).decode("utf-8", "replace"))
    finally:
        await _end(process, words)


async def _code(host: Host, process: Process) -> int:
    try:
        return await asyncio.wait_for(process.wait(), END_SECONDS)
    except TimeoutError as error:
        raise Unavailable(f"{host} did not say how it ended: look at the connection, then repeat.") from error


async def _pieces(process: Process, until: float) -> AsyncGenerator[bytes]:
    assert process.stdout
    assert process.stdin
    now = asyncio.get_running_loop().time
    beat = now() + BEAT_SECONDS
    reading = asyncio.create_task(process.stdout.read(PIECE_BYTES))
    try:
        while now() < until:
            done, _ = await asyncio.wait({reading}, timeout=max(min(beat, until) - now(), 0))
            if now() >= beat:
                beat = now() + BEAT_SECONDS
                with suppress(ConnectionError):
                    process.stdin.write(b".")
                    await process.stdin.drain()
            if done and not reading.result():
                return
            yield reading.result() if done else b""
            if done:
                reading = asyncio.create_task(process.stdout.read(PIECE_BYTES))
    finally:
        reading.cancel()


async def _last_words(process: Process) -> bytes:
    assert process.stderr
    said = b""
    while piece := await process.stderr.read(4096):
        said = (said + piece)[-KEPT_WORDS:]
    return said


async def _end(process: Process, words: "asyncio.Task[bytes]") -> None:
    """End the client: with it the connection ends, and the script sees that. First of all, for whoever waits may be cancelled.

    asyncio waits until nobody has the pipes any more, whom ssh may have left behind (a shared connection): not for ever, then.
    """
    words.cancel()
    with suppress(ProcessLookupError):
        process.kill()
    assert process.stdin
    process.stdin.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), END_SECONDS)

"""The only place that serves: one process that answers requests and runs jobs, until it is told to stop."""

import gc
import logging
import os
import signal
import socket
import sys
import threading
from typing import TextIO

import uvicorn

from calcifer import logs
from calcifer.accounts.listening import check_address
from calcifer.app import create_app
from calcifer.config import Settings
from calcifer.kit.errors import CalciferError, Conflict, Unavailable
from calcifer.kit.uow import Actor
from calcifer.services.service import scanning
from calcifer.updates import service as updates
from calcifer.wiring import Wiring, wire

log = logging.getLogger("calcifer")
PATIENCE_SECONDS = 5
ITSELF = Actor("Calcifer", "calcifer@localhost")


class AddressTaken(Conflict):
    """Another program listens there."""


def serve(settings: Settings, out: TextIO = sys.stderr) -> None:
    """Serve the workspace until SIGTERM or SIGINT; what jobs have not ended by then is taken up by the next start.

    Raises NoOwnerYet, AddressTaken or ServerThere before anything listens.
    """
    wiring = wire(settings)
    check_address(settings.host, settings.port, is_set_up=wiring.is_set_up())
    logs.to_file(settings.var, also_stderr=True)
    with _listening(settings) as listener:
        wiring.jobs.start()
        with wiring.units.write(ITSELF) as uow:
            updates.schedule(uow, settings.updates_hours, anew=False)
        # What was cloned, moved or committed while nobody served. Not as a job: the next start looks again anyway.
        threading.Thread(target=_look, args=(wiring,), name="calcifer-scan", daemon=True).start()
        _greet(wiring, out)
        app = create_app(wiring)
        settle()
        options = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=PATIENCE_SECONDS,
        )
        try:
            _run(uvicorn.Server(options), listener)
        finally:
            idle = wiring.jobs.stop(patience_seconds=PATIENCE_SECONDS)
            wiring.close()
    if not idle:
        # Python would wait for the threads of these jobs, however long they take.
        logging.shutdown()
        out.flush()
        os._exit(0)


def settle() -> None:
    """Let the garbage collector leave alone what is there now, which stays until the program ends: going through it again and
    again took a twentieth of every request.
    """
    gc.freeze()
    gc.enable()


def _look(wiring: Wiring) -> None:
    try:
        scanning.look(wiring.units, ITSELF, wiring.settings.home)
    except CalciferError as error:
        log.warning("The workspace was not looked at: %s", error.message)


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    # Once it has stopped, uvicorn sends itself the signal again, for the handler from before: that would be the end, and jobs
    # have to stop first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


def _listening(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host.strip("[]"), settings.port), family=family, backlog=256)
    except OSError as error:
        message = f"Calcifer cannot listen on {settings.host}, port {settings.port}: {error.strerror}."
        if error.errno == 98:  # EADDRINUSE
            raise AddressTaken(message, mend="CALCIFER_PORT=8001 calcifer serve") from error
        raise Unavailable(message, mend="Set CALCIFER_HOST to an address of this machine.") from error


def _greet(wiring: Wiring, out: TextIO) -> None:
    host = f"[{wiring.settings.host}]" if ":" in wiring.settings.host else wiring.settings.host
    url = f"http://{host}:{wiring.settings.port}/"
    print(f"Calcifer is at {url} (workspace {wiring.settings.home}). Ctrl-C stops it.", file=out)
    if not wiring.is_set_up():
        print(f"It has no owner yet: open {url}setup and say who you are.", file=out)
    out.flush()

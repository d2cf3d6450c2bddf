"""Where an application listens: this machine, or others with a token."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import uvicorn

from colorrl.errors import UserError
from colorrl.studio.guard import LOOPBACK, App

LEAST_TOKEN = 16  # characters


def listen(app: App, host: str, port: int, *, greeting: Callable[[str], None]) -> None:
    """Serve ``app`` until Ctrl-C; ``greeting`` gets the address. UserError where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(os.name == "posix"))
        try:
            place.bind((host.strip("[]"), port))
        except (OSError, OverflowError) as fault:
            raise UserError(
                f"port={port}: {fault}. Give another port, or 0 for a free one"
            ) from None
        place.listen()  # before anybody is sent here
        shown = f"[{host.strip('[]')}]" if family == socket.AF_INET6 else host
        greeting(f"http://{shown}:{place.getsockname()[1]}/")
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[place])


def check_host(host: str, token: str | None) -> None:
    """Raise UserError for a server that others reach without a token."""
    if token is not None and (len(token) < LEAST_TOKEN or not token.isalnum()):
        raise UserError(
            f"token= has at least {LEAST_TOKEN} letters and digits, and nothing else", 2
        )
    if f"[{host}]" not in LOOPBACK and host not in LOOPBACK and token is None:
        raise UserError(f"host={host}: others could open the page; give token= as well", 2)

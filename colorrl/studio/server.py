"""The addresses of the page, and the server."""

from __future__ import annotations

import gzip
import io
import json
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from colorrl.errors import UserError
from colorrl.export import formats, regions
from colorrl.export.alternatives import reduced
from colorrl.export.jobs import Job
from colorrl.export.painted import composite
from colorrl.export.reexport import KINDS
from colorrl.export.thumbnail import SIDE
from colorrl.images.clean import line_art
from colorrl.images.folder import read_drawing
from colorrl.images.image import Drawing, over_white
from colorrl.palette.files import READABLE
from colorrl.studio.desk import Desk
from colorrl.studio.folder import Busy, NoPage, is_colored
from colorrl.studio.guard import LOOPBACK, App, Guard
from colorrl.studio.open_page import Stale
from colorrl.studio.tasks import Tasks

STATIC = Path(__file__).with_name("static")
LEAST_TOKEN = 16  # characters
QUICK = 1  # gzip's level: the reader is near
log = logging.getLogger(__name__)


def app_of(desk: Desk, tasks: Tasks, host: str = LOOPBACK[0], token: str | None = None) -> App:
    """The whole as an ASGI application. ``desk`` answers, the guard refuses strangers."""
    routes = [
        Route("/", page("index.html")),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/api/folder", get(lambda q: _folder(desk))),
        Route("/api/page", get(lambda q: desk.view(q.get("page")))),
        Route("/api/version", get(lambda q: _version(desk, q))),
        Route("/api/ids", get(lambda q: _ids(desk, q))),
        Route("/api/line", get(lambda q: _line(desk, q))),
        Route("/api/thumb", get(lambda q: _thumb(desk, q))),
        Route("/api/file", get(lambda q: _file(desk, q))),
        Route("/api/work", get(lambda q: _work(tasks, q))),
        Route("/api/act", post(lambda q, said: desk.act(q.get("page"), said)), methods=["POST"]),
        Route("/api/start", post(lambda q, said: tasks.start(said).values()), methods=["POST"]),
        Route("/api/cancel", post(lambda q, said: _cancel(tasks, said)), methods=["POST"]),
        Route("/api/upload", _upload(tasks), methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes), host, token)


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


def answered(make: Callable[[], Any]) -> Response:
    """What ``make`` gives as a response, and its faults as ones that the page can show."""
    try:
        found = make()
    except Stale as fault:
        return _fault(409, fault)
    except Busy as fault:
        return _fault(423, fault)
    except NoPage as fault:
        return _fault(404, fault)
    except (ValueError, UserError) as fault:
        return _fault(400, fault)
    except OSError as fault:
        log.warning("%s", fault)
        return _fault(507, fault)
    return found if isinstance(found, Response) else JSONResponse(found)


def _fault(status: int, fault: Exception) -> Response:
    return JSONResponse({"error": str(fault)}, status)


def page(name: str) -> Callable[[Request], Response]:
    """The file ``name`` of STATIC at an address."""
    return lambda request: FileResponse(STATIC / name)


def get(make: Callable[[Any], Any]) -> Callable[[Request], Response]:
    """What ``make`` gives for the query of a request."""
    return lambda request: answered(lambda: make(request.query_params))


def post(make: Callable[[Any, Any], Any]) -> Any:
    """What ``make`` gives for the query and the JSON of a request."""

    async def take(request: Request) -> Response:
        body = await request.body()
        query = request.query_params
        return await run_in_threadpool(lambda: answered(lambda: make(query, spoken(body))))

    return take


def spoken(body: bytes) -> dict[str, Any]:
    """The JSON object in ``body``. Raises ValueError."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(said, dict):
        raise ValueError("an act is a JSON object")
    return said


def _upload(tasks: Tasks) -> Any:
    async def take(request: Request) -> Response:
        body, query = await request.body(), request.query_params
        return await run_in_threadpool(lambda: answered(lambda: _uploaded(tasks, query, body)))

    return take


def _uploaded(tasks: Tasks, query: Any, body: bytes) -> Any:
    file = query.get("name", "")
    if query.get("kind") == "palette":
        return {"entries": tasks.palette(file, body)}
    if query.get("kind") == "sheet":
        return tasks.start_sheet(query.get("page", ""), file, body).values()
    raise ValueError("kind is palette or sheet")


def _folder(desk: Desk) -> dict[str, Any]:
    with desk.folder.lock:
        states = [asdict(state) for state in desk.folder.states()]
    shown = {"folder": str(desk.folder.source), "output": str(desk.folder.output)}
    return {"pages": states, "kinds": KINDS, "palettes": list(READABLE), **shown}


def _version(desk: Desk, query: Any) -> dict[str, Any]:
    with desk.folder.lock:
        return {"version": desk.folder.page(query.get("page")).version}


def _ids(desk: Desk, query: Any) -> Response:
    with desk.folder.lock:
        ids = desk.folder.page(query.get("page")).ids()
    return _packed(ids, ids.astype(np.uint16 if ids.max() < 2**16 else np.uint32))


def _line(desk: Desk, query: Any) -> Response:
    with desk.folder.lock:
        job = desk.folder.job(query.get("page"))
        colored = desk.folder.state(job).state not in ("plain", "refused")
        drawing = desk.folder.page(job.page).shown() if colored else _line_of(job)
    return _packed(drawing, over_white(drawing))


def _line_of(job: Job) -> Drawing:
    return line_art(read_drawing(job.path)).shown


def _packed(shape: np.ndarray, plane: np.ndarray) -> Response:
    """The bytes of ``plane``, little-endian, row by row, and their shape in headers."""
    height, width = shape.shape[:2]
    content = np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")).tobytes()
    headers = {
        "content-encoding": "gzip",
        "x-width": str(width),
        "x-height": str(height),
        "x-bytes": str(len(content) // (width * height)),
    }
    return Response(gzip.compress(content, QUICK), 200, headers, "application/octet-stream")


def _thumb(desk: Desk, query: Any) -> Response:
    """The page in its colours, or its line; the browser keeps it by its address."""
    with desk.folder.lock:
        job = desk.folder.job(query.get("page"))
    if is_colored(job):
        small = composite(reduced(regions.read(Path(f"{job.stem}{regions.JSON}")), SIDE))
    else:
        small = over_white(_line_of(job)).squeeze()
    image = Image.fromarray(small)
    image.thumbnail((SIDE, SIDE))
    encoded = io.BytesIO()
    image.save(encoded, format="PNG")
    kept = {"cache-control": "max-age=86400"}
    return Response(encoded.getvalue(), 200, kept, "image/png")


def _file(desk: Desk, query: Any) -> Response:
    kind = query.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    with desk.folder.lock:
        job = desk.folder.job(query.get("page"))
    files = formats.files_of([kind], job.stem)
    file = next((f for f in files if f.suffix == query.get("suffix", f.suffix)), files[0])
    if not file.is_file():
        raise NoPage(f"{file.name} is not there: export it first")
    return FileResponse(file, filename=file.name)


def _work(tasks: Tasks, query: Any) -> dict[str, Any]:
    number = query.get("id", "")
    return tasks.worker.find(int(number) if number.isdecimal() else None).values()


def _cancel(tasks: Tasks, said: Any) -> dict[str, Any]:
    work = tasks.worker.find(said.get("id"))
    work.cancelled = True
    return work.values()

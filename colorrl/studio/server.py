"""The addresses of the page."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from colorrl.export import formats
from colorrl.palette.files import READABLE
from colorrl.studio import pictures, ranking
from colorrl.studio.desk import Desk
from colorrl.studio.guard import LOOPBACK, App, Guard
from colorrl.studio.replies import STATIC, get, page, post
from colorrl.studio.tasks import Tasks


def app_of(desk: Desk, tasks: Tasks, host: str = LOOPBACK[0], token: str | None = None) -> App:
    """The whole as an ASGI application. ``desk`` answers, the guard refuses strangers."""
    routes = [
        Route("/", page("index.html")),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/api/folder", get(lambda q: _folder(desk))),
        Route("/api/page", get(lambda q: desk.view(q.get("page")))),
        Route("/api/version", get(lambda q: _version(desk, q))),
        Route("/api/ids", get(lambda q: pictures.ids(desk, q))),
        Route("/api/line", get(lambda q: pictures.line(desk, q))),
        Route("/api/thumb", get(lambda q: pictures.thumb(desk, q))),
        Route("/api/file", get(lambda q: pictures.file(desk, q))),
        Route("/api/work", get(lambda q: _work(tasks, q))),
        Route("/api/act", post(lambda q, said: desk.act(q.get("page"), said)), methods=["POST"]),
        Route("/api/start", post(lambda q, said: tasks.start(said).values()), methods=["POST"]),
        Route("/api/cancel", post(lambda q, said: _cancel(tasks, said)), methods=["POST"]),
        Route("/api/upload", post(lambda q, b: _uploaded(tasks, q, b), bytes), methods=["POST"]),
        Mount("/rank", routes=ranking.routes(lambda: ranking.of_corrections(desk))),
    ]
    return Guard(Starlette(routes=routes), host, token)


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
    kinds = {kind: list(endings) for kind, endings in formats.FORMATS.items()}
    return {"pages": states, "kinds": kinds, "palettes": list(READABLE), **shown}


def _version(desk: Desk, query: Any) -> dict[str, Any]:
    with desk.folder.lock:
        return {"version": desk.folder.page(query.get("page")).version}


def _work(tasks: Tasks, query: Any) -> dict[str, Any]:
    number = query.get("id", "")
    return tasks.worker.find(int(number) if number.isdecimal() else None).values()


def _cancel(tasks: Tasks, said: Any) -> dict[str, Any]:
    work = tasks.worker.find(said.get("id"))
    work.cancelled = True
    return work.values()

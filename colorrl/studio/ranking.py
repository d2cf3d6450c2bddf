"""The page of `colorrl prefer`: colourings of one sketch, ranked by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from colorrl.preferences.labeling import Labeling
from colorrl.studio.folder import NoPage
from colorrl.studio.guard import LOOPBACK, App, Guard
from colorrl.studio.server import STATIC, get, listen, page, post


def ranking_app(labeling: Labeling) -> App:
    """The questions of ``labeling`` as an ASGI application, for this machine alone."""
    routes = [
        Route("/", page("rank.html")),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/state", get(lambda query: labeling.state())),
        Route("/images/{name}", lambda request: _picture(labeling, request)),
        Route("/answer", post(lambda query, said: _answered(labeling, said)), methods=["POST"]),
        Route("/undo", post(lambda query, said: _undone(labeling)), methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes), LOOPBACK[0], None)


def serve(labeling: Labeling, port: int, *, greeting: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C. Raises UserError where the port is taken."""
    listen(ranking_app(labeling), LOOPBACK[0], port, greeting=greeting)


def _picture(labeling: Labeling, request: Any) -> Any:
    name = f"images/{request.path_params['name']}"

    def found() -> FileResponse:
        if name not in labeling.shown:  # no other file is ever read
            raise NoPage(f"no {name}")
        return FileResponse(labeling.folder / name)

    return get(lambda query: found())(request)


def _answered(labeling: Labeling, said: dict[str, Any]) -> dict[str, Any]:
    labeling.answer(said.get("id"), said.get("order"))
    return labeling.state()


def _undone(labeling: Labeling) -> dict[str, Any]:
    labeling.undo()
    return labeling.state()

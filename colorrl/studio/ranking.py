"""The page of `colorrl prefer`: colourings of one sketch, ranked by a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from colorrl.preferences.labelling import Labelling
from colorrl.studio.folder import NoPage
from colorrl.studio.guard import LOOPBACK, App, Guard
from colorrl.studio.server import STATIC, get, listen, page, post


def ranking_app(labelling: Labelling) -> App:
    """The questions of ``labelling`` as an ASGI application, for this machine alone."""
    routes = [
        Route("/", page("rank.html")),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/state", get(lambda query: labelling.state())),
        Route("/images/{name}", lambda request: _picture(labelling, request)),
        Route("/answer", post(lambda query, said: _answered(labelling, said)), methods=["POST"]),
        Route("/undo", post(lambda query, said: _undone(labelling)), methods=["POST"]),
    ]
    return Guard(Starlette(routes=routes), LOOPBACK[0], None)


def serve(labelling: Labelling, port: int, *, greeting: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C. Raises UserError where the port is taken."""
    listen(ranking_app(labelling), LOOPBACK[0], port, greeting=greeting)


def _picture(labelling: Labelling, request: Any) -> Any:
    name = f"images/{request.path_params['name']}"

    def found() -> FileResponse:
        if name not in labelling.shown:  # no other file is ever read
            raise NoPage(f"no {name}")
        return FileResponse(labelling.folder / name)

    return get(lambda query: found())(request)


def _answered(labelling: Labelling, said: dict[str, Any]) -> dict[str, Any]:
    labelling.answer(said.get("id"), said.get("order"))
    return labelling.state()


def _undone(labelling: Labelling) -> dict[str, Any]:
    labelling.undo()
    return labelling.state()

"""Colourings of one sketch, ranked by a person: the page of `colorrl prefer` and of corrections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from colorrl.preferences.labeling import Labeling
from colorrl.preferences.rankings import FILE
from colorrl.studio import training
from colorrl.studio.desk import Desk
from colorrl.studio.folder import NoPage
from colorrl.studio.guard import LOOPBACK, App, Guard
from colorrl.studio.listen import listen
from colorrl.studio.replies import STATIC, get, page, post

Open = Callable[[], AbstractContextManager[Labeling]]


def ranking_app(labeling: Labeling) -> App:
    """The questions of ``labeling`` as an ASGI application, for this machine alone."""
    static = Mount("/static", StaticFiles(directory=STATIC))
    own = routes(lambda: nullcontext(labeling))
    return Guard(Starlette(routes=[static, *own]), LOOPBACK[0], None)


def serve(labeling: Labeling, port: int, *, greeting: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C. Raises UserError where the port is taken."""
    listen(ranking_app(labeling), LOOPBACK[0], port, greeting=greeting)


def routes(opened: Open) -> list[BaseRoute]:
    """The page and its addresses; each request works on the questions that ``opened`` gives."""

    def state(change: Callable[[Labeling], None] = lambda questions: None) -> dict[str, Any]:
        with opened() as questions:
            change(questions)
            return questions.state()

    def answer(said: dict[str, Any]) -> dict[str, Any]:
        return state(lambda questions: questions.answer(said.get("id"), said.get("order")))

    return [
        Route("/", page("rank.html")),
        Route("/state", get(lambda query: state())),
        Route("/images/{name}", lambda request: _picture(opened, request)),
        Route("/answer", post(lambda query, said: answer(said)), methods=["POST"]),
        Route("/undo", post(lambda query, said: state(Labeling.undo)), methods=["POST"]),
    ]


@contextmanager
def of_corrections(desk: Desk) -> Iterator[Labeling]:
    """The questions among the corrections of ``desk``. Raises NoPage where there are none."""
    with desk.folder.lock:
        folder = training.folder_of(desk.folder.output, training.PREFERENCES)
        if not (folder / FILE).is_file():
            raise NoPage("there is nothing to rank: save preferences, or samples to rank, first")
        yield Labeling(folder)


def _picture(opened: Open, request: Any) -> Any:
    name = f"images/{request.path_params['name']}"

    def found() -> FileResponse:
        with opened() as questions:
            file = questions.folder / name
            inside = file.resolve().is_relative_to(questions.folder.resolve())
            if name not in questions.shown or not inside:  # no other file is ever read
                raise NoPage(f"no {name}")
            return FileResponse(file)

    return get(lambda query: found())(request)

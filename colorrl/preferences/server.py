"""A local page that asks a person for rankings: one process, one person, nothing leaves it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from colorrl.errors import UserError
from colorrl.preferences.rankings import Question, check_order, read_rankings, write_rankings

PAGE = Path(__file__).with_name("page.html")
LOCAL = ("127.0.0.1", "localhost")
MAX_ANSWER = 4096  # bytes


class Labelling:
    """The questions of a folder and the answers so far; each is written before it is sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.questions = read_rankings(folder)
        self.shown = {p for q in self.questions for p in (q.line, *q.colourings)}
        self._lock = threading.Lock()

    def state(self) -> dict[str, Any]:
        """What the page shows: progress, and the first open question if there is one."""
        done = [q.order is not None for q in self.questions]
        answer: dict[str, Any] = {"done": sum(done), "of": len(done)}
        if all(done):
            return answer
        question = self.questions[done.index(False)]
        return answer | {
            "id": question.id,
            "line": question.line,
            "colourings": question.colourings,
            "palette": question.palette,
        }

    def answer(self, name: object, order: Any) -> None:
        """Raises ValueError for a question that does not exist, and an order that is none."""
        places = [i for i, q in enumerate(self.questions) if q.id == name]
        if not places:
            raise ValueError(f"there is no question {name!r}")
        question = self.questions[places[0]]
        self._write(places[0], replace(question, order=check_order(question, order), by="person"))

    def undo(self) -> None:
        """Open the last answered question before the one that is shown; none if it is the first."""
        done = [q.order is not None for q in self.questions]
        place = (done.index(False) if not all(done) else len(done)) - 1
        if place >= 0:
            self._write(place, replace(self.questions[place], order=None, by=None))

    def _write(self, place: int, question: Question) -> None:
        with self._lock:
            changed = [*self.questions]
            changed[place] = question
            write_rankings(self.folder, changed)
            self.questions = changed


def serve(folder: Path, port: int) -> None:
    """Serve the page until Ctrl-C. Raises UserError where the port is taken."""
    server = make_server(Labelling(folder), port)
    print(f"rank at http://127.0.0.1:{server.server_port}/   Ctrl-C ends; every answer is saved")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


def make_server(labelling: Labelling, port: int) -> ThreadingHTTPServer:
    """A server on this machine alone; port 0 takes a free one."""
    handler = type("Bound", (Handler,), {"labelling": labelling})
    try:
        return ThreadingHTTPServer((LOCAL[0], port), handler)
    except (OSError, OverflowError) as fault:
        raise UserError(f"port={port}: {fault}. Give another port, or 0 for a free one") from None


class Handler(BaseHTTPRequestHandler):
    """GET / the page, /state, /images/...; POST /answer {id, order} and /undo."""

    labelling: Labelling

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not self._is_local():
            self._refuse(HTTPStatus.FORBIDDEN, "this page is for this machine alone")
        elif path == "/":
            self._send(PAGE.read_bytes(), "text/html; charset=utf-8")
        elif path == "/state":
            self._send_json(self.labelling.state())
        elif path[1:] in self.labelling.shown:  # no other file is ever read
            self._send((self.labelling.folder / path[1:]).read_bytes(), "image/png")
        else:
            self._refuse(HTTPStatus.NOT_FOUND, f"no {path}")

    def do_POST(self) -> None:
        # A form of another site cannot send JSON unasked.
        if not self._is_local() or self.headers.get("Content-Type") != "application/json":
            return self._refuse(HTTPStatus.FORBIDDEN, "answers come from this page alone, as JSON")
        try:
            self._take(self._body())
        except ValueError as fault:
            return self._refuse(HTTPStatus.BAD_REQUEST, str(fault))
        self._send_json(self.labelling.state())

    def _take(self, said: Mapping[str, Any]) -> None:
        if self.path == "/answer":
            self.labelling.answer(said.get("id"), said.get("order"))
        elif self.path == "/undo":
            self.labelling.undo()
        else:
            raise ValueError(f"no {self.path}")

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length", "0"))
        if not 0 <= length <= MAX_ANSWER:
            raise ValueError(f"an answer has at most {MAX_ANSWER} bytes")
        said = json.loads(self.rfile.read(length) or b"{}")
        if not isinstance(said, dict):
            raise ValueError("an answer is a JSON object")
        return said

    def _is_local(self) -> bool:
        """Whether the browser was sent to this machine, not to a name that resolves to it."""
        return self.headers.get("Host", "").rpartition(":")[0] in LOCAL

    def _send_json(self, values: Mapping[str, Any]) -> None:
        self._send(json.dumps(values).encode(), "application/json")

    def _send(self, content: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._send(json.dumps({"error": why}).encode(), "application/json", status)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the terminal belongs to the person."""

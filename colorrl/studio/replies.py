"""Requests become plain values, and values and faults what the page can show."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from colorrl.errors import UserError
from colorrl.studio.folder import Busy, NoPage
from colorrl.studio.open_page import Stale

STATIC = Path(__file__).with_name("static")
log = logging.getLogger(__name__)


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


def post(make: Callable[[Any, Any], Any], read: Callable[[bytes], Any] | None = None) -> Any:
    """What ``make`` gives for the query and what ``read`` finds in the body: None = JSON."""
    read = spoken if read is None else read

    async def take(request: Request) -> Response:
        body = await request.body()
        query = request.query_params
        return await run_in_threadpool(lambda: answered(lambda: make(query, read(body))))

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

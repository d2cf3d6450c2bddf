"""What the page fetches as bytes: region ids, line, thumbnail, saved files."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from starlette.responses import FileResponse, Response

from colorrl.export import formats, regions
from colorrl.export.alternatives import reduced
from colorrl.export.composite import composite
from colorrl.export.jobs import Job
from colorrl.export.thumbnail import SIDE
from colorrl.images.clean import line_art
from colorrl.images.folder import read_drawing
from colorrl.images.image import Drawing, over_white
from colorrl.studio.desk import Desk
from colorrl.studio.folder import NoPage, is_colored

QUICK = 1  # gzip's level: the reader is near


def ids(desk: Desk, query: Any) -> Response:
    with desk.folder.lock:
        ids = desk.folder.page(query.get("page")).ids()
    return _packed(ids, ids.astype(np.uint16 if ids.max() < 2**16 else np.uint32))


def line(desk: Desk, query: Any) -> Response:
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


def thumb(desk: Desk, query: Any) -> Response:
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


def file(desk: Desk, query: Any) -> Response:
    ending = query.get("ending")
    if not any(ending in endings for endings in formats.FORMATS.values()):
        raise ValueError(f"no file of a page ends in {str(ending)[:40]!r}")
    with desk.folder.lock:
        job = desk.folder.job(query.get("page"))
    file = Path(f"{job.stem}{ending}")
    if not file.is_file():
        raise NoPage(f"{file.name} is not there: export it first")
    return FileResponse(file, filename=file.name)

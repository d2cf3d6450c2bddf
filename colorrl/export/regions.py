"""NAME.regions.json: each region's colour, made to be edited by hand and exported again."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from colorrl.config.schema.pages import LayerNames
from colorrl.config.typed import build
from colorrl.export.journal import file_sha
from colorrl.export.painted import (
    Painted,
    Pixels,
    Source,
    Swatch,
    hex_of,
    region_areas,
    region_boxes,
    rgb_of,
)
from colorrl.export.png import read_regions
from colorrl.export.stores import copied, is_url
from colorrl.images.clean import line_art
from colorrl.images.folder import read_drawing
from colorrl.images.image import Drawing
from colorrl.images.notes import Note

JSON, PNG = ".regions.json", ".regions.png"


@dataclass(frozen=True, slots=True)
class Region:
    """One row of the file."""

    colour: str | None  # #rrggbb; null = the paper shows
    confidence: float  # in [0, 1]
    by: str  # who decided: generator, hint, sheet, paper (a rule that leaves it bare)
    match: float | None  # in [0, 1], how sure a counterpart on the sheet is; null = no sheet
    area: int  # pixels, those under the line counted in
    bbox: list[int]  # left, top, right, bottom in pixels, the last two outside


@dataclass(frozen=True, slots=True)
class Named:
    """A palette entry."""

    colour: str  # #rrggbb
    name: str


@dataclass(frozen=True, slots=True)
class PageFile:
    """The whole file. ``line`` is a path from its folder, with forward slashes, or a URL."""

    page: str
    line: str
    line_layer: str | None
    line_sha256: str
    palette: list[Named]
    layers: LayerNames
    score: float | None  # of the best of several samples; null = one alone
    notes: list[str]  # what a person should know
    regions: dict[str, Region]  # by id, as in the picture of region ids beside it
    cleaned: bool = False  # its paper divided out, inverted, its tone apart: done again on reading
    drop_blue: bool = False  # without blue pencil: done again on reading
    trace_lines: bool = False  # lines in the colour of their fill


def write(path: Path, page: Painted) -> None:
    """The file of ``page``, one region a row."""
    area, box = region_areas(page), region_boxes(page)
    line = (
        page.source.url
        or Path(os.path.relpath(page.source.path.resolve(), path.parent.resolve())).as_posix()
    )
    record = PageFile(
        page=page.source.page,
        line=line,
        line_layer=page.source.line_layer,
        line_sha256=page.source.sha,
        palette=[Named(hex_of(swatch.color), swatch.name) for swatch in page.palette],
        layers=page.layers,
        score=page.score,
        notes=[note.said for note in page.notes],
        cleaned=page.original is not None or page.tone is not None,
        drop_blue=page.drop_blue,
        trace_lines=page.trace_lines,
        regions={
            str(i): Region(
                colour=None if page.bare[i] else hex_of(page.colors[i]),
                confidence=round(float(page.confidence[i]), 3),
                by=page.by[i] if page.by else "generator",
                match=None if page.match is None else round(float(page.match[i]), 3),
                area=int(area[i]),
                bbox=list(box[i]),
            )
            for i in range(1, len(page.colors))
        },
    )
    path.write_text(text_of(dataclasses.asdict(record)), encoding="utf-8")


def read(path: Path) -> Painted:
    """The page that the file at ``path`` and the picture of region ids beside it describe.

    Raises OSError for a file that cannot be opened, and ValueError naming file and key for what
    does not fit.
    """
    record = read_record(path)
    try:
        region_index = read_regions(path.with_name(path.name.removesuffix(JSON) + PNG))
        ids = _checked_ids(record.regions, region_index)
        colors, bare, confidence = _worn(record.regions, ids)
        palette = [_swatch(named, f"palette[{i}]") for i, named in enumerate(record.palette)]
        source, drawing = _line(record, path.parent)
        if drawing.shape[:2] != region_index.shape:
            raise ValueError(f"line: {record.line} has another size than the picture of region ids")
    except ValueError as fault:
        raise ValueError(f"{path}: {fault}") from None
    rows = [record.regions[str(i)] for i in ids]
    art = line_art(drawing, record.drop_blue) if record.cleaned else None
    return Painted(
        source,
        drawing if art is None else art.shown,
        region_index,
        colors,
        bare,
        confidence,
        tuple(palette),
        record.layers,
        by=("paper", *(row.by for row in rows)),
        match=_matched(rows),
        notes=tuple(Note("page", said) for said in record.notes),
        original=None if art is None else art.original,
        tone=None if art is None else art.tone,
        drop_blue=record.drop_blue,
        trace_lines=record.trace_lines,
    )


def read_record(path: Path) -> PageFile:
    """The file at ``path`` alone. Raises OSError, or ValueError naming file and key."""
    try:
        record: PageFile = build(PageFile, _parsed(path.read_bytes()))
    except ValueError as fault:
        raise ValueError(f"{path}: {fault}") from None
    return record


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_unique)
    except json.JSONDecodeError as fault:
        where = f"line {fault.lineno}, column {fault.colno}"
        raise ValueError(f"not JSON ({fault.msg} at {where})") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON takes the last of two equal keys; a person who pasted one twice wants to know."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key '{twice}' stands there twice")
    return found


def _checked_ids(regions: dict[str, Region], region_index: np.ndarray) -> list[int]:
    """The ids 1 .. R of ``regions``, which must be those in the picture."""
    drawn = range(1, int(region_index.max()) + 1)
    wrong = [key for key in regions if key not in set(map(str, drawn))]
    if wrong:
        raise ValueError(f"regions.{wrong[0]}: the picture of region ids has no such region")
    missing = [i for i in drawn if str(i) not in regions]
    if missing:
        raise ValueError(f"regions: {missing[0]} is missing, the picture of region ids has it")
    return list(drawn)


def _worn(regions: dict[str, Region], ids: list[int]) -> tuple[Pixels, np.ndarray, np.ndarray]:
    """Colours (R+1, 3), what stays bare (R+1,) and confidence (R+1,)."""
    colors = np.full((len(ids) + 1, 3), 255, np.uint8)
    bare, confidence = np.ones(len(ids) + 1, np.bool_), np.ones(len(ids) + 1, np.float32)
    for i in ids:
        region = regions[str(i)]
        confidence[i], bare[i] = region.confidence, region.colour is None
        if region.colour is not None:
            colors[i] = _rgb(region.colour, f"regions.{i}.colour")
    return colors, bare, confidence


def _matched(rows: list[Region]) -> np.ndarray | None:
    """(R+1,) how sure the counterparts on a sheet are, NaN = none; None = there was no sheet."""
    if all(row.match is None for row in rows):
        return None
    return np.array([np.nan, *(np.nan if r.match is None else r.match for r in rows)], np.float32)


def _swatch(named: Named, where: str) -> Swatch:
    return Swatch(_rgb(named.colour, f"{where}.colour"), named.name)


def _rgb(text: str, where: str) -> tuple[int, int, int]:
    try:
        return rgb_of(text)
    except ValueError as fault:
        raise ValueError(f"{where}: {fault}") from None


def _line(record: PageFile, folder: Path) -> tuple[Source, Drawing]:
    """The line art. Raises ValueError if it is gone or another than was coloured."""
    try:
        with copied(record.line, folder) as path:
            sha = file_sha(path)
            if sha != record.line_sha256:
                raise ValueError(
                    f"line: {record.line} has changed since it was coloured; colour it again"
                )
            url = record.line if is_url(record.line) else None
            source = Source(record.page, path, sha, record.line_layer, url)
            return source, read_drawing(path, record.line_layer)
    except (OSError, ImportError) as fault:  # fsspec names the package to install
        raise ValueError(f"line: {fault}; write there where the line art is now") from None


def text_of(record: dict[str, Any]) -> str:
    """A PageFile's values as JSON with a region in each row."""
    regions = record["regions"]
    rows = [f'"{key}": {_row(value)}' for key, value in record.items() if key != "regions"]
    inner = [f' "{key}": {_row(region)}' for key, region in regions.items()]
    return "{\n" + ",\n".join([*rows, '"regions": {\n' + ",\n".join(inner) + "\n}"]) + "\n}\n"


def _row(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)

"""Grouped SVG drawings to pixels: line art and colours rendered apart, pixel-exact registered."""

from __future__ import annotations

import copy
import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import resvg_py
from PIL import Image, ImageColor

from colorrl.data.source import Pixels

PAINTS = ("fill", "stroke")


@dataclass(frozen=True, slots=True)
class Layers:
    """One drawing's layers as SVG text."""

    whole: str  # as its author drew it
    line: str  # every other group turned white, so that it hides what it hides in the drawing
    fill: str  # without the line groups
    ink: str  # the line groups alone, as if nothing lay over them
    paints: tuple[tuple[int, int, int], ...]  # the distinct colours that `fill` names, sorted
    has_line: bool  # a line group draws something
    hides_line: bool  # another group is drawn after a line group


def read_layers(path: Path) -> Layers:
    """The layers of an SVG whose top-level groups named ``line*`` hold the ink.

    Raises ValueError, naming the file, if it is not well-formed XML.
    """
    text = path.read_text(encoding="utf-8")
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ValueError(f"{path}: not a well-formed SVG ({error})") from error
    inked = [is_line(g) for g in root]
    line = copy.deepcopy(root)
    for group in [g for g in line if not is_line(g)]:
        _whiten(group)
    fill, ink = _without(root, is_line), _without(root, lambda g: not is_line(g))
    return Layers(
        whole=text,
        line=ET.tostring(line, encoding="unicode"),
        fill=ET.tostring(fill, encoding="unicode"),
        ink=ET.tostring(ink, encoding="unicode"),
        paints=_paints(fill),
        has_line=any(len(g) for g in ink),
        hides_line=inked != sorted(inked),
    )


def is_line(group: ET.Element) -> bool:
    """Whether a top-level group holds ink."""
    return group.get("id", "").startswith("line")


def _without(root: ET.Element, unwanted: Callable[[ET.Element], bool]) -> ET.Element:
    rest = copy.deepcopy(root)
    for group in [g for g in rest if unwanted(g)]:
        rest.remove(group)
    return rest


def _paints(root: ET.Element) -> tuple[tuple[int, int, int], ...]:
    """The colours named below ``root``, and black if a shape names none: SVG's default."""
    shapes = [e for e in root.iter() if len(e) == 0 and not e.tag.endswith("}g")]
    named = {e.get(p, "none") for e in root.iter() for p in PAINTS} - {"none"}
    colors = {ImageColor.getrgb(name)[:3] for name in named}
    return tuple(sorted(colors | {(0, 0, 0) for e in shapes if "fill" not in e.attrib}))


def _whiten(group: ET.Element) -> None:
    """Turn all paint of ``group`` white. What names no fill inherits it, black by default."""
    group.set("fill", group.get("fill", "#fff"))
    for element in group.iter():
        for paint in PAINTS:
            if element.get(paint, "none") != "none":
                element.set(paint, "#fff")


def rasterize(svg: str, size: int) -> Pixels:
    """``svg`` as (size, size, 4) uint8 RGBA, colour not premultiplied."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size, skip_system_fonts=True)
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGBA"))


def on_white(rgba: Pixels) -> Pixels:
    """``rgba`` (H, W, 4) over white paper, (H, W, 3) uint8."""
    alpha = rgba[..., 3:].astype(np.uint32)
    over = rgba[..., :3] * alpha + 255 * (255 - alpha)
    return ((over + 127) // 255).astype(np.uint8)


def render_line(layers: Layers, size: int) -> Pixels:
    """Line art (size, size) uint8, 255 = paper."""
    line = _gray(layers.line, size)
    return _without_ghosts(line, _gray(layers.ink, size)) if layers.hides_line else line


def _gray(svg: str, size: int) -> Pixels:
    return np.asarray(Image.fromarray(on_white(rasterize(svg, size))).convert("L"))


def _without_ghosts(line: Pixels, ink: Pixels) -> Pixels:
    """``line`` without the faint rims that antialiasing leaves where paint covers ``ink``.

    A rim is paler than half, paler than the ink below it, and touches no visible stroke.
    """
    visible = (line < 128).astype(np.uint8)
    beside = cv2.dilate(visible, np.ones((3, 3), np.uint8)) > 0
    return np.where(~beside & (line > ink), 255, line).astype(np.uint8)

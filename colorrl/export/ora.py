"""OpenRaster: a zip with stack.xml and one PNG for each layer. Krita, GIMP and MyPaint open it.

Source: https://www.openraster.org, baseline specification 0.0.5.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from PIL import Image

from colorrl.export.composite import composite
from colorrl.export.layers import ColorLayer, color_layers
from colorrl.export.painted import WHITE, Painted, line_and_tone, rgba
from colorrl.export.png import save
from colorrl.export.trace import traced
from colorrl.palette.record import one_line

THUMBNAIL = 256  # px, the most that the format allows a side
# of every entry: the same page gives the same bytes
DATE = (1980, 1, 1, 0, 0, 0)


def write_ora(path: Path, page: Painted) -> None:
    """The line as Multiply, below it a stack with one layer for each colour, below it the paper."""
    height, width = page.region_index.shape
    root = Element("image", version="0.0.5", w=str(width), h=str(height))
    stack = SubElement(root, "stack", name="root")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        # first and not compressed, so that the kind of file shows in its first bytes
        _add(archive, "mimetype", b"image/openraster")
        _lines(archive, stack, page)
        group = SubElement(stack, "stack", name=one_line(page.layers.flats))
        for i, layer in enumerate(color_layers(page)):
            _layer(
                archive, group, layer.name, f"flat{i:04d}", _picture(layer), layer.left, layer.top
            )
        paper = Image.new("RGB", (width, height), WHITE)
        _layer(archive, stack, page.layers.paper, "paper", paper)
        merged = Image.fromarray(composite(page))
        _add(archive, "mergedimage.png", _png(merged))
        merged.thumbnail((THUMBNAIL, THUMBNAIL))
        _add(archive, "Thumbnails/thumbnail.png", _png(merged))
        xml = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        _add(archive, "stack.xml", xml)


def _lines(archive: zipfile.ZipFile, stack: Element, page: Painted) -> None:
    """The layers over the flats, from the uppermost down."""
    if page.original is not None:
        original = Image.fromarray(rgba(page.original))
        _layer(archive, stack, page.layers.original, "original", original)
        stack[-1].set("visibility", "hidden")
    line, tone = line_and_tone(page)
    if tone is not None:
        _layer(archive, stack, page.layers.tone, "tone", Image.fromarray(rgba(tone)))
        stack[-1].set("composite-op", "svg:multiply")
    if page.trace_lines:
        _layer(archive, stack, page.layers.trace, "trace", Image.fromarray(traced(page)))
    _layer(archive, stack, page.layers.line, "line", Image.fromarray(rgba(line)))
    stack[-1].set("composite-op", "svg:multiply")
    if page.trace_lines:
        stack[-1].set("visibility", "hidden")


def _layer(
    archive: zipfile.ZipFile,
    stack: Element,
    name: str,
    file: str,
    image: Image.Image,
    left: int = 0,
    top: int = 0,
) -> None:
    src = f"data/{file}.png"
    SubElement(stack, "layer", name=one_line(name), src=src, x=str(left), y=str(top))
    _add(archive, src, _png(image))


def _picture(layer: ColorLayer) -> Image.Image:
    color = np.broadcast_to(np.array(layer.color, np.uint8), (*layer.alpha.shape, 3))
    return Image.fromarray(np.dstack([color, layer.alpha]))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    save(buffer, image)
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, DATE), content)

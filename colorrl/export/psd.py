"""Photoshop's PSD at 8 bits, RGB: Photoshop, Clip Studio, Krita and GIMP open it.

Built from psd-tools' records of the file format, and not through its PSDImage: that renders the
picture of all layers again in floats, which is known here, and compresses planes of one colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from psd_tools.compression import compress
from psd_tools.constants import BlendMode, ChannelID, ColorMode, Compression, SectionDivider, Tag
from psd_tools.psd.document import PSD
from psd_tools.psd.header import FileHeader
from psd_tools.psd.image_data import ImageData
from psd_tools.psd.image_resources import ImageResources
from psd_tools.psd.layer_and_mask import (
    ChannelData,
    ChannelDataList,
    ChannelImageData,
    ChannelInfo,
    GlobalLayerMaskInfo,
    LayerAndMaskInformation,
    LayerInfo,
    LayerRecord,
    LayerRecords,
)
from psd_tools.psd.tagged_blocks import TaggedBlocks

from colorrl.export.composite import composite
from colorrl.export.layers import ColorLayer, color_layers
from colorrl.export.painted import WHITE, Painted, Pixels, line_and_tone, rgba
from colorrl.export.trace import traced
from colorrl.palette.record import one_line

MAX_SIDE = 30_000  # px; beyond it Photoshop wants another format, PSB
Layer = tuple[LayerRecord, ChannelDataList]


def write_psd(path: Path, page: Painted) -> None:
    """The line as Multiply, below it a group with one layer for each colour, below it the paper.

    Raises ValueError for a page with a side over 30,000 px.
    """
    height, width = page.region_index.shape
    if max(height, width) > MAX_SIDE:
        raise ValueError(f"a PSD has sides up to {MAX_SIDE} px, the page has {width} x {height}")
    header = FileHeader(channels=3, height=height, width=width, depth=8, color_mode=ColorMode.RGB)
    records, channels = zip(*_layers(page), strict=True)
    info = LayerInfo(len(records), LayerRecords(records), ChannelImageData(channels))
    merged = ImageData(Compression.RLE)
    merged.set_data([plane.tobytes() for plane in _planes(composite(page))], header)
    document = PSD(
        header=header,
        image_resources=ImageResources.new(),
        layer_and_mask_information=LayerAndMaskInformation(
            info, GlobalLayerMaskInfo(), TaggedBlocks()
        ),
        image_data=merged,
    )
    with path.open("wb") as file:
        document.write(file)


def _layers(page: Painted) -> Iterator[Layer]:
    """From the lowest up, as the format has them."""
    height, width = page.region_index.shape
    yield _flat(ColorLayer(page.layers.paper, WHITE, 0, 0, np.full((height, width), 255, np.uint8)))
    yield _divider("</Layer group>", SectionDivider.BOUNDING_SECTION_DIVIDER)
    # the first colour lies on top, as in a palette read from above
    for layer in color_layers(page, from_below=True):
        yield _flat(layer)
    yield _divider(page.layers.flats, SectionDivider.OPEN_FOLDER)
    line, tone = line_and_tone(page)
    yield _line(page.layers.line, rgba(line), visible=not page.trace_lines)
    if page.trace_lines:
        yield _line(page.layers.trace, traced(page), BlendMode.NORMAL)
    if tone is not None:
        yield _line(page.layers.tone, rgba(tone))
    if page.original is not None:
        yield _line(page.layers.original, rgba(page.original), BlendMode.NORMAL, visible=False)


def _line(
    name: str, pixels: Pixels, mode: BlendMode = BlendMode.MULTIPLY, *, visible: bool = True
) -> Layer:
    record = _record(name, 0, 0, pixels.shape, mode)
    record.flags.visible = visible
    planes = [_rle(plane) for plane in _planes(pixels)]
    return _filled(record, [planes[3], *planes[:3]])


def _flat(layer: ColorLayer) -> Layer:
    record = _record(layer.name, layer.left, layer.top, layer.alpha.shape)
    height, width = layer.alpha.shape
    return _filled(
        record, [_rle(layer.alpha), *(_rle_of_one(c, width, height) for c in layer.color)]
    )


def _divider(name: str, kind: SectionDivider) -> Layer:
    """One end of a group."""
    record = _record(name, 0, 0, (0, 0))
    record.tagged_blocks.set_data(Tag.SECTION_DIVIDER_SETTING, kind=kind)
    return _filled(record, [ChannelData(Compression.RAW)] * 4)


def _record(
    name: str,
    left: int,
    top: int,
    shape: tuple[int, ...],
    blend_mode: BlendMode = BlendMode.NORMAL,
) -> LayerRecord:
    record = LayerRecord(
        top=top, left=left, bottom=top + shape[0], right=left + shape[1], blend_mode=blend_mode
    )
    name = one_line(name)
    # the older name is in the Macintosh's alphabet; what reads the newer one does not look at it
    record.name = name.encode("macroman", "replace").decode("macroman")
    record.tagged_blocks.set_data(Tag.UNICODE_LAYER_NAME, name)
    return record


def _filled(record: LayerRecord, planes: list[ChannelData]) -> Layer:
    """``record`` with its planes alpha, red, green, blue."""
    ids = (ChannelID.TRANSPARENCY_MASK, *(ChannelID(i) for i in range(3)))
    record.channel_info = [
        ChannelInfo(i, 2 + len(plane.data)) for i, plane in zip(ids, planes, strict=True)
    ]
    return record, ChannelDataList(planes)  # type: ignore[arg-type]


def _rle(plane: Pixels) -> ChannelData:
    data = ChannelData(Compression.RLE)
    data.set_data(plane.tobytes(), plane.shape[1], plane.shape[0], 8)
    return data


def _rle_of_one(value: int, width: int, height: int) -> ChannelData:
    """A plane of one value: a row compressed once, its length and then the row, for each row."""
    row = compress(bytes([value]) * width, Compression.RLE, width, 1, 8)
    return ChannelData(Compression.RLE, row[:2] * height + row[2:] * height)


def _planes(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))

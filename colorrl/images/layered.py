"""Drawings in layers: the line layer of a PSD or ORA file by its name, or all layers as shown."""

from __future__ import annotations

import io
import logging
import warnings
import zipfile
from collections.abc import Iterable, Set
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from defusedxml.ElementTree import fromstring
from PIL import Image
from psd_tools import PSDImage
from psd_tools.compression import PSDDecompressionWarning
from psd_tools.constants import ChannelID, Compression, Resource
from psd_tools.psd.header import FileHeader

from colorrl.images.image import check_size

# its warnings are errors here, which name the file
logging.getLogger("psd_tools.compression").setLevel(logging.ERROR)
# an ORA's stack.xml: a thousand layers take a tenth of this
MAX_XML_BYTES = 2**22
# a layer's PNG: what the largest page takes without any compression, 8 bits and alpha
MAX_PNG_BYTES = 2**28 + 2**20


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer's pixels and where its upper left corner lies on the page."""

    image: Image.Image
    left: int
    top: int
    opacity: float = 1.0


def read_psd(path: Path, line_layer: str | None) -> Image.Image:
    """The layers that ``line_layer`` names of a PSD on a transparent page; None: the picture as
    shown.

    ``line_layer`` is a name, or several names and patterns (線画*) parted by commas. A group counts
    as a layer. Hidden layers count where no visible one is named. Raises ValueError for a file that
    is no PSD or has no such layer, PSDDecompressionWarning for damaged pixels.
    """
    with warnings.catch_warnings():
        # psd-tools would put black in the place of what it cannot decode
        warnings.simplefilter("error", PSDDecompressionWarning)
        return _read_psd(path, line_layer)


def _read_psd(path: Path, line_layer: str | None) -> Image.Image:
    with path.open("rb") as file:
        header = FileHeader.read(file)
    check_size(header.width, header.height)
    psd = PSDImage.open(path)
    _check_whole(psd)
    if line_layer is None:
        image = _as_shown(psd)
    else:
        names = _matching(line_layer, [layer.name for layer in psd.descendants()])
        found = list(_named(psd, names))
        shown = [layer for layer in found if layer.is_visible()]
        image = stacked(psd.size, (_placed(psd, layer) for layer in shown or found))
    profile = psd.image_resources.get_data(Resource.ICC_PROFILE)
    if profile is not None:
        image.info["icc_profile"] = profile
    return image


def _as_shown(psd: PSDImage) -> Image.Image:
    """The picture in the file, or where it is blank and layers are not, that of the layers: some
    programs save no preview."""
    image = psd.composite(apply_icc=False)
    layers = any(layer.is_visible() and not layer.is_group() for layer in psd.descendants())
    if layers and is_blank(image):
        return psd.composite(ignore_preview=True, apply_icc=False)
    return image


def is_blank(image: Image.Image) -> bool:
    """Whether every pixel of ``image`` is the same."""
    return all(low == high for low, high in np.reshape(image.getextrema(), (-1, 2)))


def _check_whole(psd: PSDImage) -> None:
    """Raise ValueError where packed rows end early: psd-tools would put black in their place."""
    record = psd._record
    planes = [(record.image_data, record.header.height * record.header.channels)]
    info = record.layer_and_mask_information.layer_info
    if info is not None:
        for layer, channels in zip(info.layer_records, info.channel_image_data, strict=True):
            # not the masks, whose height is their own
            own = [plane for kind, plane in zip(layer.channel_info, channels, strict=True)
                   if kind.id >= ChannelID.TRANSPARENCY_MASK]  # fmt: skip
            planes += [(plane, layer.height) for plane in own]
    size = 2 * record.header.version  # bytes of a row's length, wider in a PSB
    for plane, n_rows in planes:
        if plane.compression != Compression.RLE:
            continue
        rows = np.frombuffer(plane.data[: size * n_rows], f">u{size}")
        if len(rows) < n_rows or size * n_rows + int(rows.sum()) > len(plane.data):
            raise ValueError("the file ends within its pixels: save it again")


def _named(group: Any, names: Set[str]) -> Iterable[Any]:
    """Layers of ``names`` in ``group``, not those inside one that is: it shows them already."""
    for layer in group:
        if layer.name in names:
            yield layer
        elif layer.is_group():
            yield from _named(layer, names)


def _placed(psd: PSDImage, layer: Any) -> Placed:
    shown = layer
    while shown is not psd:  # a hidden group hides what is in it
        shown.visible = True
        shown = shown.parent
    plain = layer.kind == "pixel" and layer.opacity == 255 and not layer.has_mask()
    if plain and (image := layer.topil(apply_icc=False)) is not None:
        return Placed(image, layer.left, layer.top)
    image = layer.composite(viewport=psd.viewbox, apply_icc=False)
    return Placed(image or Image.new("RGBA", psd.size), 0, 0)


def read_ora(path: Path, line_layer: str | None) -> Image.Image:
    """``read_psd`` for OpenRaster: only the entries that are needed, and nothing goes to disk."""
    with zipfile.ZipFile(path) as archive:
        merged = _picture(archive, "mergedimage.png") if line_layer is None else None
        if merged is not None and not (is_blank(merged) and "stack.xml" in archive.namelist()):
            return merged
        page = fromstring(_entry(archive, "stack.xml", MAX_XML_BYTES), forbid_dtd=True)
        size = int(page.get("w", 0)), int(page.get("h", 0))
        check_size(*size)
        if line_layer is None:
            return stacked(size, (leaf for item in page for leaf in _leaves(archive, item)))
        layers = [item for item in page.iter() if item is not page]
        names = _matching(line_layer, [item.get("name", "") for item in layers])
        named = list(_entries_named(page, names))
        found = [item for item, shown in named if shown] or [item for item, _ in named]
        # the uppermost layer comes first in the file
        return stacked(size, (leaf for item in reversed(found) for leaf in _leaves(archive, item)))


def _entries_named(
    stack: Element, names: Set[str], shown: bool = True
) -> Iterable[tuple[Element, bool]]:
    """As ``_named``, of a stack's entries, and whether each is visible."""
    for item in stack:
        visible = shown and item.get("visibility", "visible") == "visible"
        if item.get("name", "") in names:
            yield item, visible
        else:
            yield from _entries_named(item, names, visible)


def _leaves(archive: zipfile.ZipFile, item: Element, opacity: float = 1.0) -> Iterable[Placed]:
    """The layer ``item``, or the visible layers of the stack ``item`` from the lowest up."""
    opacity *= float(item.get("opacity", 1))
    if item.tag == "layer":
        image = _picture(archive, item.get("src", ""))
        yield Placed(image, int(item.get("x", 0)), int(item.get("y", 0)), opacity)
    for below in reversed(item):
        if below.get("visibility", "visible") == "visible":
            yield from _leaves(archive, below, opacity)


def _picture(archive: zipfile.ZipFile, name: str) -> Image.Image:
    image = Image.open(io.BytesIO(_entry(archive, name, MAX_PNG_BYTES)), formats=["PNG"])
    check_size(*image.size)
    image.load()
    return image


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """An entry's bytes. zipfile never yields more of them than the size that is checked here."""
    try:
        entry = archive.getinfo(name)
    except KeyError:
        raise ValueError(f"no {name!r} in it") from None
    if entry.file_size > limit:
        raise ValueError(f"{name} in it unpacks to {entry.file_size} bytes, over {limit}")
    return archive.read(entry)


def stacked(size: tuple[int, int], layers: Iterable[Placed]) -> Image.Image:
    """``layers`` from the lowest up on a transparent page of ``size``; one alone stays exact."""
    page: Image.Image | None = None
    for layer in layers:
        image = layer.image.convert("RGBA")
        if layer.opacity < 1:
            image.putalpha(image.getchannel("A").point(lambda a, o=layer.opacity: round(a * o)))
        sheet = Image.new("RGBA", size)
        sheet.paste(image, (layer.left, layer.top))
        page = sheet if page is None else Image.alpha_composite(page, sheet)
    return Image.new("RGBA", size) if page is None else page


def _matching(wanted: str, there: list[str]) -> Set[str]:
    """The names of ``there`` that ``wanted`` means. Raises ValueError for a part without any."""
    if wanted in there:
        return {wanted}
    found: set[str] = set()
    for part in map(str.strip, wanted.split(",")):
        some = {name for name in there if name == part or fnmatchcase(name, part)}
        if not some:
            shown = ", ".join(map(repr, dict.fromkeys(filter(None, there)))) or "none at all"
            raise ValueError(f"no layer {part!r}; its layers: {shown[:300]}")
        found |= some
    return found

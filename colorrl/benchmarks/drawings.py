"""The drawings of the gap benchmark: OpenMoji's centre lines and procedural figures.

The splits `tune` and `test` share no drawing: OpenMoji's by the train and test splits of its
manifest (one drawing per base glyph), procedural ones by their seeds.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from colorrl.data.pairs import one_per_base
from colorrl.data.preparation.flats import flatten, quantize
from colorrl.data.preparation.manifest import read_manifest
from colorrl.data.preparation.render import Layers, rasterize, read_layers, render_line
from colorrl.data.procedural import procedural
from colorrl.data.procedural.strokes import Line, Strokes, center_lines, regions_of
from colorrl.data.sets import openmoji
from colorrl.regions.graph import Labels, background_id, build
from colorrl.spaced import spaced

Split = Literal["tune", "test"]
Source = Literal["openmoji", "procedural"]

OPENMOJI_SPLIT = {"tune": "train", "test": "test"}
FIRST_SEED = {"tune": 0, "test": 1_000_000}
# A drawing is closed up to this share of its painted paper outside every closed line
MAX_SPILLED = 0.02
SLIVER = 3.0  # pixels: narrower areas between paint and line are no regions


@dataclass(frozen=True, slots=True)
class Name:
    """Which drawing: an OpenMoji id or a seed."""

    source: Source
    key: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A drawing as the benchmark inks it: closed centre lines, or open line art as it is."""

    name: Name
    strokes: Strokes  # (H, W) relative widths, 1 = full
    open: tuple[Line, Labels] | None = None  # line art and true regions, of an open drawing


def names(manifest: Path, split: Split, n_openmoji: int, n_procedural: int) -> list[Name]:
    """At most so many drawings of ``split`` from each source, evenly spaced over it.

    Raises FileNotFoundError or ValueError for a manifest that is missing or damaged.
    """
    there = [e for e in read_manifest(manifest) if e.split == OPENMOJI_SPLIT[split]]
    glyphs = [Name("openmoji", e.id) for e in one_per_base(there)]
    seeds = range(FIRST_SEED[split], FIRST_SEED[split] + n_procedural)
    return spaced(glyphs, n_openmoji) + [Name("procedural", str(s)) for s in seeds]


def load(name: Name, size: int) -> Subject:
    """The drawing ``name`` on a page of ``size`` px."""
    if name.source == "procedural":
        return Subject(name, procedural.sketch(int(name.key), size).strokes)
    layers = read_layers(openmoji.svg_folder() / f"{name.key}.svg")
    line = (render_line(layers, size) / np.float32(255)).astype(np.float32)
    strokes = center_lines(line)
    if _is_closed(line, layers):
        return Subject(name, strokes)
    return Subject(name, strokes, (line, _painted_regions(line, layers)))


def _is_closed(line: Line, layers: Layers) -> bool:
    """Whether the drawing's colours, which no segmentation sees, stay within its lines."""
    fill = rasterize(layers.fill, len(line))
    return flatten(fill, build(regions_of(line), ""), layers.paints).spilled <= MAX_SPILLED


def _painted_regions(line: Line, layers: Layers) -> Labels:
    """True regions of an open drawing: what lines enclose, and outside of them what paint does.

    Paint does not divide what lines enclose: it would make regions of shades.
    """
    label = regions_of(line)
    outside = label == background_id(label)
    paint = quantize(rasterize(_without_shadows(layers.fill), len(line)), _table(layers))
    for color in np.unique(paint[outside & (paint > 0)]):
        area = regions_of((outside & (paint == color)).astype(np.float32))
        label = np.where(area > 0, area + label.max(), label).astype(np.int32)
    return _without_slivers(label)


def _table(layers: Layers) -> NDArray[np.int32]:
    return np.array(layers.paints, np.int32).reshape(-1, 3)


def _without_shadows(svg: str) -> str:
    root = copy.deepcopy(ElementTree.fromstring(svg))
    for group in [g for g in root if "shadow" in g.get("id", "")]:
        root.remove(group)
    return ElementTree.tostring(root, encoding="unicode")


def _without_slivers(label: Labels) -> Labels:
    """``label`` with what is nowhere SLIVER px wide left out of the comparison, the rest 1..R."""
    inner = cv2.distanceTransform((label > 0).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    deep = np.zeros(int(label.max()) + 1, bool)
    deep[label[inner >= SLIVER / 2 + 1]] = True
    deep[0] = False
    return np.where(deep, np.cumsum(deep), 0).astype(np.int32)[label]

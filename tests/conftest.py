"""Small drawings with known colours, made here so that no test needs prepared data."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from colorrl.color import parse_hex
from colorrl.data.batch import collate
from colorrl.regions.segment import segment
from colorrl.types import Sketch, SketchBatch
from tests import tiny

# Shapes of each scene, later ones on top: (kind, numbers as shares of the page, colour or None
# for paper). ellipse: cx, cy, rx, ry; polygon: x0, y0, x1, y1, ...
SCENES = {
    "얼굴": [
        ("ellipse", (0.5, 0.45, 0.42, 0.40), "#6a462f"),
        ("ellipse", (0.5, 0.55, 0.33, 0.33), "#fcea2b"),
        ("ellipse", (0.36, 0.5, 0.08, 0.08), "#92d3f5"),
        ("ellipse", (0.64, 0.5, 0.08, 0.08), "#92d3f5"),
        ("ellipse", (0.5, 0.74, 0.14, 0.07), "#ea5a47"),
    ],
    "house": [
        ("polygon", (0.2, 0.45, 0.8, 0.45, 0.8, 0.9, 0.2, 0.9), "#f1b31c"),
        ("polygon", (0.12, 0.45, 0.5, 0.1, 0.88, 0.45), "#d22f27"),
        ("polygon", (0.28, 0.6, 0.44, 0.6, 0.44, 0.9, 0.28, 0.9), "#a57939"),
        ("polygon", (0.56, 0.56, 0.72, 0.56, 0.72, 0.72, 0.56, 0.72), "#61b2e4"),
    ],
    "fish": [
        ("polygon", (0.62, 0.5, 0.92, 0.25, 0.92, 0.75), "#e27022"),
        ("ellipse", (0.42, 0.5, 0.34, 0.25), "#92d3f5"),
        ("ellipse", (0.26, 0.44, 0.08, 0.08), None),
        ("ellipse", (0.5, 0.6, 0.1, 0.07), "#e27022"),
    ],
    "flag": [
        ("polygon", (0.12, 0.15, 0.9, 0.15, 0.9, 0.38, 0.12, 0.38), "#1e50a0"),
        ("polygon", (0.12, 0.38, 0.9, 0.38, 0.9, 0.61, 0.12, 0.61), "#fcea2b"),
        ("polygon", (0.12, 0.61, 0.9, 0.61, 0.9, 0.84, 0.12, 0.84), "#1e50a0"),
        ("ellipse", (0.5, 0.5, 0.08, 0.08), "#d22f27"),
    ],
    "plant": [
        ("polygon", (0.3, 0.62, 0.7, 0.62, 0.62, 0.92, 0.38, 0.92), "#a57939"),
        ("ellipse", (0.5, 0.45, 0.09, 0.17), "#5c9e31"),
        ("ellipse", (0.27, 0.47, 0.14, 0.09), "#b1cc33"),
        ("ellipse", (0.73, 0.47, 0.14, 0.09), "#b1cc33"),
        ("ellipse", (0.5, 0.2, 0.14, 0.12), "#e67a94"),
    ],
}


def _outline(kind: str, numbers: Sequence[float], size: int) -> np.ndarray:
    scaled = np.array(numbers) * size
    if kind == "polygon":
        return scaled.reshape(-1, 2).round().astype(np.int32)
    cx, cy, rx, ry = scaled
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    around = np.stack([cx + rx * np.cos(turn), cy + ry * np.sin(turn)], 1)
    return around.round().astype(np.int32)


def draw(name: str, size: int) -> Sketch:
    """The scene ``name`` as a Sketch of ``size`` px."""
    line = np.ones((size, size), np.float32)
    paint = np.ones((size, size, 3), np.float32)
    alpha = np.zeros((size, size), np.float32)
    for kind, numbers, color in SCENES[name]:
        outline = _outline(kind, numbers, size)
        cv2.fillPoly(paint, [outline], parse_hex(color or "#ffffff"))
        cv2.fillPoly(alpha, [outline], float(color is not None))
        cv2.fillPoly(line, [outline], 1.0)
        cv2.polylines(line, [outline], True, 0.0, max(1, size // 64))
    regions = segment(line, ball=0)
    flats, painted = _per_region(paint, alpha, regions.region_index.numpy())
    seen = (painted > 0) & (regions.label.numpy() > 0)
    colors, counts = np.unique(flats[seen], axis=0, return_counts=True)
    fill = np.concatenate([flats, painted[..., None]], 2)
    return Sketch(
        id=name,
        line=torch.from_numpy(line)[None],
        regions=regions,
        flats=torch.from_numpy(flats).permute(2, 0, 1),
        alpha=torch.from_numpy(painted)[None],
        fill=torch.from_numpy(fill).permute(2, 0, 1),
        palette=torch.from_numpy(colors),
        share=torch.from_numpy((counts / counts.sum()).astype(np.float32)),
    )


def _per_region(
    paint: np.ndarray, alpha: np.ndarray, region_index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each region's paint and alpha at its pixel farthest from the line, spread over the region."""
    flats, painted = np.ones_like(paint), np.zeros_like(alpha)
    for region in range(1, int(region_index.max()) + 1):
        inside = (region_index == region).astype(np.uint8)
        middle = np.unravel_index(
            cv2.distanceTransform(inside, cv2.DIST_L2, 3).argmax(), region_index.shape
        )
        flats[region_index == region], painted[region_index == region] = (
            paint[middle],
            alpha[middle],
        )
    return flats, painted


@pytest.fixture(scope="session")
def sketches() -> list[Sketch]:
    """Five drawings of 64 px with 4 to 7 regions each, one of them with an unpainted eye."""
    return [draw(name, 64) for name in SCENES]


@pytest.fixture(scope="session")
def drawings(sketches: list[Sketch]) -> SketchBatch:
    """``sketches`` as one batch."""
    return collate(sketches)


@pytest.fixture(scope="session")
def large_drawings() -> SketchBatch:
    """The same drawings at 128 px."""
    return collate([draw(name, 128) for name in SCENES])


@pytest.fixture(scope="session")
def small_drawings() -> SketchBatch:
    """Four of the drawings at the size of tiny's networks."""
    return collate([draw(name, tiny.SIZE) for name in list(SCENES)[:4]])


@pytest.fixture(scope="session")
def run_inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a prepared set and a generator: what tiny.train_config reads."""
    return tiny.make_run_inputs(tmp_path_factory.mktemp("inputs"))

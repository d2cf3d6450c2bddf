"""What holds for every page that colorize writes, over generated drawings."""

import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from psd_tools import PSDImage

from colorrl.benchmarks.exactness import strays
from colorrl.export import regions
from colorrl.export.jobs import find_jobs
from colorrl.images.clean import line_art
from colorrl.images.folder import read_drawing
from colorrl.images.image import over_white
from colorrl.pages.colorize_folder import colorize_jobs
from colorrl.palette import palette_from
from colorrl.regions.segment import part
from tests.coloring import SETTINGS, HashGenerator, on_paper, pixels

PALETTE = "#ff0000,#00ff00,#0000ff,#808080"
KINDS = ["flats", "composite", "regions", "psd"]

share = st.floats(0, 1)
stroke = st.tuples(st.sampled_from(["line", "circle", "box"]), share, share, share, share,
                   st.integers(1, 6), st.integers(0, 140))  # fmt: skip


@st.composite
def drawings(draw):
    """(H, W) uint8 or (H, W, 4): up to 12 strokes, soft or hard, dark to mid grey."""
    height, width = draw(st.integers(8, 90)), draw(st.integers(8, 90))
    page = np.full((height, width), 255, np.uint8)
    kind = draw(st.sampled_from([cv2.LINE_AA, cv2.LINE_8]))
    for shape, x0, y0, x1, y1, thick, gray in draw(st.lists(stroke, max_size=12)):
        a, b = (round(x0 * width), round(y0 * height)), (round(x1 * width), round(y1 * height))
        if shape == "line":
            cv2.line(page, a, b, gray, thick, kind)
        elif shape == "box":
            cv2.rectangle(page, a, b, gray, thick, kind)
        else:
            cv2.circle(page, a, 2 + round(x1 * min(height, width) / 2), gray, thick, kind)
    if draw(st.booleans()):
        return page
    return np.dstack([page // 2, page // 3, page // 4, 255 - page])


@settings(max_examples=60, deadline=None)
@given(drawing=drawings(), trap=st.sampled_from([None, 1, 3]), seed=st.integers(0, 9))
def test_every_page_is_exact(drawing, trap, seed):
    chosen = replace(
        SETTINGS, palette=palette_from(PALETTE), only_palette=True, trap=trap, seed=seed
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Image.fromarray(drawing).save(folder / "선.png")
        jobs = find_jobs(folder / "선.png", folder / "out")
        options = {"kinds": KINDS, "device": torch.device("cpu"), "overwrite": False}
        report = colorize_jobs(jobs, HashGenerator(), chosen, **options)
        assert not report.failed
        stem = folder / "out" / "선"
        page = regions.read(Path(f"{stem}.regions.json"))
        flat, over = on_paper(Path(f"{stem}.flats.png")), pixels(Path(f"{stem}.composite.png"))
        alpha = pixels(Path(f"{stem}.flats.png"))[..., 3]
        layers = {layer.name: layer for layer in PSDImage.open(f"{stem}.psd")}
        layer = np.asarray(layers[chosen.layers.line].topil())
        art = line_art(read_drawing(folder / "선.png"))
    line, label = art.shown, part(art.ink, chosen.gap).label.numpy()

    # every region one colour, its paper all of it, and nothing else in the palette's way
    assert (page.region_index[label > 0] == label[label > 0]).all()
    painted = np.where(page.bare[page.region_index][..., None], 255, page.colors[page.region_index])
    assert np.array_equal(flat, painted) and np.array_equal(
        alpha == 0, page.bare[page.region_index]
    )
    found = {"#" + bytes(color).hex() for color in np.unique(flat[alpha > 0], axis=0)}
    assert found <= set(PALETTE.split(","))
    # no stray pixels, and colour under the line as far as it was asked for
    assert strays(page.region_index, label) == 0
    ink = cv2.distanceTransform((label == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    if label.any():
        reached = ink <= (np.inf if trap is None else trap)
        assert np.array_equal(page.region_index > 0, reached)
    # the line as it was drawn, and the picture its product with the flats
    has_alpha = line.shape[2] == 4
    color, shown = line[..., :3], line[..., 3:] if has_alpha else np.uint8(255)
    assert np.array_equal(layer[..., :3], np.broadcast_to(color, layer[..., :3].shape))
    assert (layer[..., 3:] == shown).all()
    assert abs(over - flat * (over_white(line) / 255)).max() <= 1

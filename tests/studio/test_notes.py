"""What is noted of a page has a row in the table of translations."""

import json
import re
from pathlib import Path

import numpy as np

from colorrl.images.clean import line_art
from colorrl.pages.colorize_page import NO_LINE
from colorrl.pages.constraints.bare import notes_on_bare
from colorrl.pages.judging import judged
from colorrl.pages.kept import CHANGED
from colorrl.regions.segment import part
from colorrl.studio.replies import STATIC
from tests.export.pages import painted
from tests.regions.drawings import draw

TABLE = json.loads((STATIC / "notes.json").read_text("utf-8"))
SIDE = 384


def drawn(line):
    return np.rint(255 * line).astype(np.uint8)[..., None]


def of_drawings():
    """What is noted of a drawing before it has colours."""
    line, (y, x) = draw("face", SIDE), np.mgrid[0:SIDE, 0:SIDE]
    regions = part(line).region_index.numpy()
    inside = regions != part(line).background
    hatched = np.where(inside & (((x + y) % 14 < 2) | ((x - y) % 14 < 2)), np.float32(0), line)
    flats = np.array(
        [[255, 255, 255], [255, 255, 255], [240, 180, 60], [60, 90, 200], [90, 200, 90]]
    )
    pencil = np.where((abs(x - y) < 2)[..., None], np.array([110, 130, 225]), 255)
    for drawing, blue in (
        (255 - drawn(line), False),
        (drawn(line * 0.8), False),
        (drawn(hatched), False),
        ((flats[regions] * line[..., None]).astype(np.uint8), False),
        ((pencil * line[..., None]).astype(np.uint8), True),
    ):
        yield from line_art(drawing, drop_blue=blue).notes


def of_pages(folder: Path):
    """What is noted of a page that has colours."""
    grid = np.ones((400, 400), np.float32)
    grid[::12] = grid[1::12] = grid[:, ::12] = grid[:, 1::12] = 0
    pole = draw("face", 400)
    pole[:, 20:23] = 0
    for line in (grid, pole, draw("face", 512, 3, gap=60)):
        regions = part(line)
        n = regions.n_regions + 1
        page = painted(
            folder,
            region_index=regions.region_index.numpy(),
            colors=np.full((n, 3), 99, np.uint8),
            bare=np.arange(n) == 0,
            confidence=np.full(n, 0.3, np.float32),
            by=("paper", *["generator"] * (n - 1)),
        )
        yield from judged(page, regions, line < 0.5)


def of_bare_areas():
    """What is noted of areas that are left white."""
    regions = part(draw("circle in a square", 200))
    n = regions.n_regions + 1
    bubble = np.arange(n) == n - 1
    yield from notes_on_bare(regions, np.full((n, 3), 255, np.uint8), ~bubble, bubble)


def test_every_note_can_be_said_in_each_language(tmp_path):
    """Seen to fail without the row of tone, and with a translation that asks
    for a second number."""
    notes = [*of_drawings(), *of_pages(tmp_path)]
    kinds = {note.kind for note in notes}
    assert kinds == {"negative", "paper", "tone", "coloured", "blue", "texture", "open",
                     "painted paper", "undecided"}  # fmt: skip
    texts = {note.said for note in notes} | {*of_bare_areas(), CHANGED, NO_LINE}
    for text in texts:
        rows = [(row, m) for row in TABLE if (m := re.fullmatch(row["pattern"], text))]
        assert len(rows) == 1, text
        ((row, found),) = rows
        for language in ("ko", "ja"):
            asked = {int(n) for n in re.findall(r"\$(\d)", row[language])}
            assert asked == set(range(1, len(found.groups()) + 1)), row
    used = [row for row in TABLE if any(re.fullmatch(row["pattern"], text) for text in texts)]
    assert used == TABLE  # no row that nothing says

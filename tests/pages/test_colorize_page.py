"""What a page wears."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from psd_tools import PSDImage

from colorrl.palette import palette_from
from colorrl.policy.pipeline import fingerprint
from colorrl.regions.segment import segment
from tests.coloring import (
    SETTINGS,
    HashGenerator,
    four_sketches,
    on_paper,
    pixels,
    run,
    save,
)


@pytest.fixture
def folder(tmp_path):
    return four_sketches(tmp_path / "그림")


def test_every_sketch_gets_region_exact_flats_and_a_composite(folder, tmp_path):
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 4 and not report.failed
    flat = on_paper(tmp_path / "out" / "얼굴.flats.png")
    line = pixels(folder / "얼굴.png").astype(np.float32) / 255
    regions = segment(line)
    region_index = regions.region_index.numpy()
    assert flat.shape == (*line.shape, 3)
    painted = [np.unique(flat[region_index == r], axis=0) for r in range(1, regions.n_regions + 1)]
    assert all(len(colors) == 1 for colors in painted)
    assert painted[regions.background - 1].tolist() == [[255, 255, 255]]
    over = pixels(tmp_path / "out" / "얼굴.composite.png")
    assert np.array_equal(over, np.rint(flat * line[..., None]).astype(np.uint8))
    assert (tmp_path / "out" / "ep(1)" / "photo.jpg.flats.png").exists()


def test_colors_are_the_generators(folder, tmp_path):
    class Red(HashGenerator):
        def sample(self, sketch, seeds, n_steps=None):
            image = torch.zeros(len(seeds), 3, self.size, self.size)
            image[:, 0] = 1
            return image

    run(folder, tmp_path / "out", generator=Red())
    flat = on_paper(tmp_path / "out" / "얼굴.flats.png").reshape(-1, 3)
    assert np.unique(flat, axis=0).tolist() == [[255, 0, 0], [255, 255, 255]]
    everywhere = replace(SETTINGS, colour_background=True)
    run(folder, tmp_path / "all", everywhere, Red())
    flat = on_paper(tmp_path / "all" / "얼굴.flats.png").reshape(-1, 3)
    assert np.unique(flat, axis=0).tolist() == [[255, 0, 0]]


def test_only_palette_lets_no_other_color_in(folder, tmp_path):
    palette = palette_from("#ff0000,#00ff00,#0000ff")
    run(folder, tmp_path / "out", replace(SETTINGS, palette=palette, only_palette=True))
    found = np.concatenate(
        [on_paper(p).reshape(-1, 3) for p in (tmp_path / "out").rglob("*.flats.*")]
    )
    allowed = {(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)}
    assert set(map(tuple, np.unique(found, axis=0).tolist())) <= allowed


def test_the_seed_decides_and_nothing_else(folder, tmp_path):
    run(folder, tmp_path / "a")
    (folder / "얼굴.png").rename(folder / "renamed.png")
    run(folder, tmp_path / "b")
    run(folder, tmp_path / "c", replace(SETTINGS, seed=1))
    first = (tmp_path / "a" / "얼굴.flats.png").read_bytes()
    assert first == (tmp_path / "b" / "renamed.flats.png").read_bytes()
    assert first != (tmp_path / "c" / "renamed.flats.png").read_bytes()


def test_colors_do_not_depend_on_what_is_exported(folder, tmp_path):
    run(folder, tmp_path / "a")
    run(folder, tmp_path / "b", kinds=["flats", "regions"])
    for page in ("얼굴", "ep(1)/wide", "ep(1)/photo.jpg"):
        first = (tmp_path / "a" / f"{page}.flats.png").read_bytes()
        assert first == (tmp_path / "b" / f"{page}.flats.png").read_bytes()
        rows = json.loads((tmp_path / "b" / f"{page}.regions.json").read_text("utf-8"))["regions"]
        # by chance, seven random colours agree with the first in one case of a thousand
        sure = [row["confidence"] for row in rows.values() if row["colour"]]
        assert sure and all(0 <= value < 0.5 for value in sure)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64)])
def test_empty_pages(tmp_path, value, shape):
    save(tmp_path / "in" / "a.png", np.full(shape, value, np.float32))
    report = run(tmp_path / "in", tmp_path / "out")
    assert not report.failed
    assert pixels(tmp_path / "out" / "a.composite.png").shape == (*shape, 3)


# hashes never agree; the star is cut off at both sides
EXPECTED = re.compile("is undecided|holds a corner of the page")


def test_a_page_without_a_line_says_what_to_do(folder, tmp_path):
    save(folder / "blank.png", np.ones((40, 40), np.float32))
    save(folder / "dark.png", np.zeros((40, 40), np.float32))
    blank = PSDImage.new("RGB", (40, 40), color=255)
    blank.save(folder / "empty.psd")
    run(folder, tmp_path / "out", kinds=["regions"])
    notes = {
        path.name: [
            n for n in json.loads(path.read_text("utf-8"))["notes"] if not EXPECTED.search(n)
        ]
        for path in (tmp_path / "out").rglob("*.regions.json")
    }
    assert notes.pop("blank.regions.json") == ["no line closes an area here"]
    assert "line_layer=NAME" in notes.pop("empty.psd.regions.json")[0]
    assert "invert it" in notes.pop("dark.regions.json")[0]
    assert list(notes.values()) == [[]] * 4


def test_the_fingerprint_knows_the_weights():
    network = torch.nn.Linear(2, 2)
    first = fingerprint(network)
    assert fingerprint(network) == first
    network.weight.data[0, 0] += 1e-3
    assert fingerprint(network) != first


class KeepsPalettes(HashGenerator):
    """Without a palette a colour of its own for each sample, with one always the same of it."""

    def sample(self, sketch, seeds, n_steps=None):
        if bool((sketch.share > 0).any()):
            return sketch.palette[:, 0, :, None, None].expand(-1, -1, self.size, self.size)
        noise = torch.Generator().manual_seed(int(seeds[0]) % 2**31)
        return torch.rand(len(seeds), 3, 1, 1, generator=noise).expand(-1, -1, self.size, self.size)


def test_without_a_palette_confidence_asks_which_of_the_page_s_own_colors(tmp_path):
    """Samples that invent palettes never agree: confidence was 0 of nine regions in ten."""
    save(tmp_path / "in" / "a.png")
    run(tmp_path / "in", tmp_path / "out", generator=KeepsPalettes(), kinds=["regions"])
    page = json.loads((tmp_path / "out" / "a.regions.json").read_text("utf-8"))
    assert {row["confidence"] for row in page["regions"].values()} == {1.0}

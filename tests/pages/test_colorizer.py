"""The Python interface on a generator of the tests; its own example on the shipped one."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import colorrl.pages.colorizer
from colorrl.errors import UserError
from colorrl.pages.colorize_page import PageJob, color
from colorrl.pages.colorizer import Colorizer
from tests.coloring import SETTINGS, HashGenerator
from tests.regions.drawings import draw


@pytest.fixture
def colorizer():
    return Colorizer(HashGenerator(), "tests", torch.device("cpu"))


@pytest.fixture
def line():
    return np.rint(draw("face", 96, 3) * 255).astype(np.uint8)


def test_a_file_an_image_and_an_array_are_the_same(colorizer, line, tmp_path):
    Image.fromarray(line).save(tmp_path / "얼굴.png")
    pages = [colorizer(x) for x in (line, Image.fromarray(line), tmp_path / "얼굴.png")]
    for page in pages:
        assert np.array_equal(page.flats, pages[0].flats)
        assert page.composite.shape == (*line.shape, 3) and page.regions.shape == line.shape
    layer = pages[0].layers[0]
    assert tuple(pages[0].flats[pages[0].flats[..., 3] > 0][0, :3]) in {
        entry.color for entry in pages[0].layers
    }
    assert layer.alpha.max() == 255


def test_colorize_gives_the_same_page(colorizer, line, tmp_path):
    page = colorizer(line, leave_blank=())
    settings = replace(SETTINGS, generator="another name")
    job = PageJob(page.page.source, HashGenerator(), settings, torch.device("cpu"))
    same = color(job, line[..., None], None)
    assert np.array_equal(page.colors, same.colors)


def test_several_are_ranked_and_saved(colorizer, line, tmp_path):
    page = colorizer(line, palette="#ff0000,#00ff00,#0000ff", n=3)
    assert len(page.scores) == 3 and page.scores == sorted(page.scores, reverse=True)
    others = page.alternatives
    assert np.array_equal(others[0].colors, page.colors)
    assert not np.array_equal(others[1].colors, page.colors)
    files = page.save(tmp_path / "쪽", ["composite", "alternatives"])
    assert all(file.exists() for file in files)
    with Image.open(files[1]) as sheet:
        assert sheet.width > 3 * line.shape[1]


def test_an_alternative_has_its_own_confidence_and_score(line, tmp_path):
    class Torn(HashGenerator):
        """Red, but for the first sample, which is blue: one against seven."""

        def sample(self, sketch, seeds, n_steps=None):
            image = torch.zeros(len(seeds), 3, self.size, self.size)
            image[:, 2 if self.calls == 0 else 0] = 1
            self.calls += 1
            return image

    Image.fromarray(line).save(tmp_path / "얼굴.png")
    page = Colorizer(Torn(), "tests", torch.device("cpu"))(
        tmp_path / "얼굴.png", palette="#ff0000,#0000ff", n=2
    )
    painted = ~page.bare
    blue, red = ([a for a in page.alternatives if a.colors[painted][0, c] == 255] for c in (2, 0))
    assert blue[0].confidence[painted] == pytest.approx(0)
    assert red[0].confidence[painted] == pytest.approx(6 / 7)
    assert [a.score for a in page.alternatives] == page.scores and page.score == page.scores[0]
    for other in page.alternatives:
        other.save(tmp_path / "b", ["regions"])
        record = json.loads((tmp_path / "b.regions.json").read_text("utf-8"))
        sure = {row["confidence"] for row in record["regions"].values() if row["colour"]}
        assert record["score"] == other.score
        assert sure == {round(float(other.confidence[painted][0]), 3)}


def test_hints_and_a_hard_palette(colorizer, line, tmp_path):
    rgba = np.zeros((*line.shape, 4), np.uint8)
    rgba[48, 48] = (0, 0, 255, 255)
    Image.fromarray(rgba).save(tmp_path / "a.hints.png")
    page = colorizer(line, hints=[tmp_path / "a.hints.png"])
    assert page.flats[48, 48].tolist() == [0, 0, 255, 255]
    with pytest.raises(ValueError, match="hint #0000ff is not in the palette"):
        colorizer(line, hints=[tmp_path / "a.hints.png"], palette="#ff0000", only_palette=True)


def test_what_a_caller_can_mend(colorizer, line):
    with pytest.raises(ValueError, match="samples=0: give at least 1"):
        colorizer(line, n=0)
    with pytest.raises(ValueError, match="n_steps=0: give at least 1"):
        colorizer(line, n_steps=0)
    with pytest.raises(ValueError, match="trap=0"):
        colorizer(line, trap=0)
    with pytest.raises(ValueError, match="only_palette=true needs"):
        colorizer(line, only_palette=True)
    with pytest.raises(TypeError, match="unknown key 'leave_blanc'; did you mean 'leave_blank'"):
        colorizer(line, leave_blanc=[])
    with pytest.raises(ValueError, match=r"leave_blank.*bubles"):
        colorizer(line, leave_blank=["bubles"])
    with pytest.raises(ValueError, match="float32"):
        colorizer(line.astype(np.float32))
    with pytest.raises(ValueError, match="no kind 'gif'"):
        colorizer(line).save("a", ["gif"])
    with pytest.raises(ValueError, match="colour a file"):
        colorizer(line).save("a", ["regions"])
    with pytest.raises(ValueError, match="sheet and hints decided"):
        colorizer(line).save("a", ["matches"])
    with pytest.raises(ValueError, match="samples=N"):
        replace_alternatives(colorizer(line)).save("a", ["alternatives"])
    with pytest.raises(UserError, match="no generator"):
        Colorizer.from_pretrained("absent", "cpu")


def replace_alternatives(page):
    return replace(page, page=replace(page.page, alternatives=()))


def test_the_package_imports_without_torch():
    code = "import colorrl, sys; assert 'torch' not in sys.modules; colorrl.Colorizer"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    with pytest.raises(AttributeError, match="nothing"):
        _ = colorrl.nothing


def test_the_example_runs_as_written(tmp_path, monkeypatch):
    doc = colorrl.pages.colorizer.__doc__
    code = "\n".join(row[4:] for row in doc.splitlines() if row.startswith("    "))
    assert "from_pretrained" in code and "save" in code
    datasets = colorrl.pages.colorizer.__file__.rsplit("colorrl", 1)[0] + "datasets"
    (tmp_path / "datasets").symlink_to(datasets)
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    assert (tmp_path / "castle.psd").exists() and (tmp_path / "castle.alternatives.png").exists()
    assert names["page"].flats.shape[2] == 4 and len(names["page"].scores) == 4

"""Corrections become a training set that the other verbs read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from colorrl.data.sets.line_folder import LineFolder
from colorrl.preferences.pictures import read_pictures
from colorrl.preferences.rankings import read_rankings
from tests.studio.conftest import OTHER, PAGE, Studio

ROOT = Path(__file__).parents[2]


def test_pairs_are_what_data_folder_reads(studio):
    """Seen to fail with flats of another name than their line."""
    studio.act("color", regions=[2], colour="#ff0000")
    folder = studio.work("pairs", [PAGE, OTHER])["result"]
    source = LineFolder(f"{folder}/lines", f"{folder}/colours")
    names = [drawing.id for drawing in source.drawings(0, 0.1)]
    assert names == ["ep(1)/photo.jpg", "얼굴"]
    found = source.render(names[0], 64)
    ids = studio.ids()
    at = tuple(np.argwhere(ids == 2)[0] + 3)
    assert found.fill[at][:3].tolist() == [255, 0, 0] and found.line.shape == ids.shape
    assert found.fill[0, 0, 3] == 0  # the paper around the drawing


def test_a_correction_is_preferred_to_what_was_first_given(studio):
    """A second one of the page replaces the first. Seen to fail with the two in turn."""
    end = studio.work("preferences", [PAGE])
    assert PAGE in end["failed"]  # nothing was corrected
    for color in ("#00ff00", "#ff0000"):
        studio.act("color", regions=[2], colour=color)
        folder = studio.work("preferences", [PAGE])["result"]
    (question,) = read_rankings(Path(folder))
    assert question.order == (0, 1) and question.by == "person" and question.sketch == PAGE
    better, worse = read_pictures(Path(folder), question).coloring
    red = (better.permute(1, 2, 0) * 255).round() == np.array([255, 0, 0])
    assert red.all(2).any() and (better != worse).any(0).equal(red.all(2))


def test_samples_are_ranked_on_the_page_of_corrections(studio):
    """What is ranked stays. Seen to fail with samples that replace it."""
    assert studio.client.get("/rank/state").status_code == 404
    folder = Path(studio.work("samples")["result"])
    state = studio.client.get("/rank/state").json()
    assert (state["done"], state["of"], len(state["colourings"])) == (0, 1, 4)
    assert studio.client.get(f"/rank/{state['line']}").content.startswith(b"\x89PNG")
    said = {"id": state["id"], "order": [2, 0, 1, 3]}
    assert studio.client.post("/rank/answer", json=said).json() == {"done": 1, "of": 1}
    studio.work("samples")
    (question,) = read_rankings(folder)
    assert question.order == (2, 0, 1, 3) and question.by == "person"


@pytest.mark.parametrize("kind", ["pairs", "preferences", "samples"])
def test_corrections_stay_in_the_folder(studio, tmp_path, kind):
    """Not through a link. Seen to fail without the look at where it leads."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (studio.output / "corrections").symlink_to(outside)
    studio.act("color", regions=[2], colour="#ff0000")
    end = studio.work(kind)
    assert "link out of the folder" in end["failed"][PAGE] and not any(outside.iterdir())


@pytest.mark.slow
def test_corrections_are_trained_on(tmp_path):
    """From acts on the page to the commands of the README. Seen to fail with flats of another
    name than their line: `colorrl prepare` then finds no pair."""
    source = Path(shutil.copytree(ROOT / "datasets" / "demo", tmp_path / "그림"))
    studio = Studio(source, "castle.png")
    pages = [page["page"] for page in studio.client.get("/api/folder").json()["pages"]]
    studio.work("color", pages)
    studio.view()
    studio.act("color", regions=[2], colour="#ff0000")
    pairs = studio.work("pairs", pages)
    assert pairs["done"] == len(pages) and not pairs["failed"]

    def colorrl(*words):
        done = subprocess.run(
            [sys.executable, "-m", "colorrl", *words], cwd=tmp_path, text=True,
            capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    data = ["data=folder", "data.root=sets", "data.size=32"]
    lines, flats = (f"{pairs['result']}/{part}" for part in ("lines", "colours"))
    colorrl("prepare", *data, f"data.source={lines}", f"data.reader.colours={flats}")
    small = ["policy=flow_micro", *data]
    colorrl("pretrain", *small, "steps=2", "batch_size=2", "validate_every=2", "save_every=2")
    (start,) = tmp_path.glob("runs/pretrain/*/seed0")
    colorrl("train", *small, f"policy.path={start}", "trainer.updates=1", "trainer.sketches=2",
            "trainer.group_size=2", "trainer.micro_sketches=2")  # fmt: skip
    assert any(tmp_path.glob("runs/train/*/seed0/generator"))

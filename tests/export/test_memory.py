import os

import pytest
from PIL import Image
from psd_tools import PSDImage

from colorrl.export import formats
from colorrl.export.jobs import job_of
from colorrl.export.memory import EACH, MATCH, PER_PIXEL, SHARED, budget, need, read_ahead
from tests.export.pages import painted


def needed(path):
    return need(job_of(path.name, path, path.parent / "out"))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif", ".psd"])
def test_a_page_says_its_size_before_it_is_read(tmp_path, suffix):
    image, path = Image.new("RGB", (300, 200)), tmp_path / f"그림{suffix}"
    PSDImage.frompil(image).save(path) if suffix == ".psd" else image.save(path)
    assert needed(path) == 300 * 200 * PER_PIXEL


def test_a_match_takes_as_much_on_pages_of_any_size(tmp_path):
    path = tmp_path / "a.png"
    Image.new("L", (300, 200)).save(path)
    job = job_of(path.name, path, tmp_path / "out")
    assert need(job, matched=True) - need(job) == MATCH
    path.write_bytes(b"")
    assert need(job, matched=True) == 0


def test_an_ora_says_it_too(tmp_path):
    formats.write(["ora"], tmp_path / "a", painted(tmp_path))
    assert needed(tmp_path / "a.ora") == 24 * 40 * PER_PIXEL


@pytest.mark.parametrize("name", ["empty.png", "empty.ora", "gone.png", "pipe.png"])
def test_what_cannot_be_read_needs_nothing(tmp_path, name):
    if "empty" in name:
        (tmp_path / name).touch()
    if "pipe" in name:
        os.mkfifo(tmp_path / name)
    read_ahead(job_of(name, tmp_path / name, tmp_path / "out"))
    assert needed(tmp_path / name) == 0


def test_processes_take_their_share_first():
    assert budget(3.0, 2) == pytest.approx(3e9 - SHARED - 2 * EACH)
    assert budget(None, 1) + SHARED + EACH > 0

import numpy as np
import pytest
from PIL import Image

from colorrl.data.preparation.demo import SKETCHES, write_demo
from colorrl.data.preparation.manifest import Entry
from colorrl.data.preparation.render import read_layers, render_line
from colorrl.data.sets.openmoji import svg_folder
from colorrl.images.folder import find_images, read_line

HELD_OUT = [Entry(n, n, n, "test", 2, [], {}) for n, _ in SKETCHES.values()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("선화")
    write_demo(folder, svg_folder(), HELD_OUT)
    return folder


def test_the_folder_is_as_people_have_theirs(folder):
    found = find_images(folder)
    assert {p.relative_to(folder).as_posix() for p in found} == set(SKETCHES)
    assert {Image.open(p).mode for p in found} == {"L", "RGB", "RGBA", "P"}
    drawing = read_layers(svg_folder() / f"{SKETCHES['거북이.png'][0]}.svg")
    np.testing.assert_allclose(
        read_line(folder / "거북이.png"), render_line(drawing, 512) / 255, atol=1e-3
    )


def test_the_demo_shipped_is_the_one_written(folder, repository):
    for name in SKETCHES:
        shipped = read_line(repository / "datasets" / "demo" / name)
        assert (shipped == read_line(folder / name)).all(), name


def test_drawings_that_a_model_has_seen_are_refused(tmp_path):
    with pytest.raises(ValueError, match="1F3F0 are not in the test split"):
        write_demo(tmp_path, svg_folder(), [e for e in HELD_OUT if e.id != "1F3F0"])

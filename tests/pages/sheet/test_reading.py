import cv2
import numpy as np
import pytest
from PIL import Image

from colorrl.export import formats
from colorrl.pages.sheet.reading import of_layers, of_picture, palette_of, read_sheet
from tests.export.pages import painted

SKIN, HAIR = (255, 204, 153), (60, 90, 200)


def drawn():
    """Line (H, W) in [0, 1] and the picture: a head of skin with hair on it."""
    line = np.ones((160, 160), np.float32)
    fill = np.full((160, 160, 3), 255, np.uint8)
    cv2.circle(fill, (80, 80), 50, SKIN, -1)
    cv2.rectangle(fill, (30, 20), (130, 50), HAIR, -1)
    for draw in (fill[..., 0].copy(), line):
        cv2.circle(draw, (80, 80), 50, 0.0, 3, cv2.LINE_AA)
        cv2.rectangle(draw, (30, 20), (130, 50), 0.0, 3)
    line[22:49, 33:128] = 1
    return line, np.rint(fill * line[..., None]).astype(np.uint8)


def color_at(sheet, x, y):
    region = sheet.region_index[y, x]
    return tuple(sheet.colors[region].tolist()), bool(sheet.bare[region])


@pytest.mark.parametrize("quality", [None, 90])
def test_a_picture_is_parted_into_flats_and_line(tmp_path, quality):
    line, picture = drawn()
    path = tmp_path / ("시트.png" if quality is None else "시트.jpg")
    Image.fromarray(picture).save(path, **({"quality": quality} if quality else {}))
    sheet = read_sheet(path, None, "線画")
    near = 0 if quality is None else 6
    for (x, y), color in {(80, 90): SKIN, (80, 35): HAIR}.items():
        found, bare = color_at(sheet, x, y)
        assert not bare and np.abs(np.subtract(found, color)).max() <= near
    assert color_at(sheet, 5, 150) == ((255, 255, 255), True)
    if quality is None:
        # the line comes back as it was, but for the pixels between flat and line
        assert (abs(sheet.line - line) < 0.1).mean() > 0.97


def test_layers_give_the_line_exactly():
    line, picture = drawn()
    sheet = of_layers(line, line, picture)
    assert (sheet.line == line).all() and color_at(sheet, 80, 90) == (SKIN, False)
    assert of_picture(picture).background > 0


def test_a_psd_and_a_page_that_was_corrected(tmp_path):
    page = painted(tmp_path)
    formats.write(["regions", "psd"], tmp_path / "쪽", page)
    corrected = read_sheet(tmp_path / "쪽.regions.json", None, page.layers.line)
    assert np.array_equal(corrected.colors[2:], page.colors[2:])
    assert np.array_equal(corrected.region_index, page.region_index)
    assert palette_of(corrected).colors.shape[0] == 3


def test_what_is_no_sheet(tmp_path):
    Image.new("L", (50, 50), 255).save(tmp_path / "white.png")
    with pytest.raises(ValueError, match=r"white\.png: shows no colours"):
        read_sheet(tmp_path / "white.png", None, "線画")
    with pytest.raises(ValueError, match=r"a sheet is a NAME\.regions\.json"):
        read_sheet(tmp_path / "a.txt", None, "線画")
    with pytest.raises(FileNotFoundError):
        read_sheet(tmp_path / "absent.png", None, "線画")

import json

import numpy as np
import pytest
from PIL import Image

from colorrl.export.hint_files import find_hints, find_strays, is_hints, is_meant_as_hints
from colorrl.pages.constraints.hints import read_hints

OWNER = np.repeat(np.array([[1, 1, 2, 2, 3, 3]], np.int32), 4, 0)


def strokes(path, *dabs):
    """``dabs``: rows, columns, colour."""
    rgba = np.zeros((*OWNER.shape, 4), np.uint8)
    for rows, columns, color in dabs:
        rgba[rows, columns] = (*color, 255)
    Image.fromarray(rgba).save(path)
    return path


def points(path, content):
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_strokes_decide_by_pixels_and_white_is_blank(tmp_path):
    file = strokes(
        tmp_path / "쪽.hints.png",
        (slice(0, 3), 0, (210, 47, 39)),
        (0, 1, (0, 0, 255)),
        (0, 2, (255, 255, 255)),
    )
    hinted, notes = read_hints([file], OWNER.shape).on(OWNER)
    assert hinted == {1: (210, 47, 39), 2: None}
    assert notes == ["region 1: hint #d22f27 covers more than #0000ff"]


def test_soft_rims_of_strokes_are_no_color(tmp_path):
    rgba = np.zeros((*OWNER.shape, 4), np.uint8)
    rgba[0, 0], rgba[1:, 0] = (255, 0, 0, 255), (127, 0, 0, 200)
    Image.fromarray(rgba).save(tmp_path / "a.hints.png")
    assert read_hints([tmp_path / "a.hints.png"], OWNER.shape).on(OWNER)[0] == {1: (255, 0, 0)}


@pytest.mark.parametrize("alpha", [64, 127, 230, 255])
def test_a_layer_of_low_opacity_is_read_all_the_same(tmp_path, alpha):
    rgba = np.zeros((*OWNER.shape, 4), np.uint8)
    rgba[:, 0] = (210, 47, 39, alpha)
    Image.fromarray(rgba).save(tmp_path / "a.hints.png")
    hinted, notes = read_hints([tmp_path / "a.hints.png"], OWNER.shape).on(OWNER)
    assert hinted == {1: (210, 47, 39)} and not notes


def test_a_stroke_that_is_too_faint_beside_others_is_noted(tmp_path):
    """Seen to be lost without a word."""
    region_index = np.repeat(OWNER, 4, 0)
    rgba = np.zeros((*region_index.shape, 4), np.uint8)
    rgba[:, 0], rgba[:, 2], rgba[0, 4] = (255, 0, 0, 255), (0, 0, 255, 128), (0, 0, 255, 128)
    Image.fromarray(rgba).save(tmp_path / "a.hints.png")
    hinted, notes = read_hints([tmp_path / "a.hints.png"], region_index.shape).on(region_index)
    assert hinted == {1: (255, 0, 0)}
    assert len(notes) == 1 and notes[0].startswith("region 2: a hint is too faint")


def test_points_and_ids(tmp_path):
    content = {
        "points": [{"x": 4.5, "y": 3, "colour": "#ffffff"}, {"x": 0, "y": 0, "colour": None}],
        "regions": {"1": "#00ff00", "2": None},
    }
    file = points(tmp_path / "a.hints.json", content)
    # white paint is not paper here, and ids go before places
    assert read_hints([file], OWNER.shape).on(OWNER)[0] == {
        3: (255, 255, 255),
        1: (0, 255, 0),
        2: None,
    }
    alone = points(tmp_path / "b.hints.json", content["points"])
    assert read_hints([alone], OWNER.shape).on(OWNER)[0] == {3: (255, 255, 255), 1: None}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([{"x": 9, "y": 0, "colour": "#ff0000"}], "9, 0 lies outside the page"),
        ([{"x": 1, "y": 0, "colour": "red"}], "'red' is no #rrggbb"),
        ([{"x": 1, "y": 0, "color": "#ff0000"}], "did you mean 'colour'"),
        ({"regions": {"a": None}}, "region ids are numbers"),
        ({"point": []}, "unknown 'point'"),
        (3, "it holds"),
        ({"regions": [1]}, "it holds"),
        ([{"x": float("inf"), "y": 0, "colour": "#ff0000"}], "is no place"),
    ],
)
def test_bad_json_names_the_file(tmp_path, content, says):
    file = points(tmp_path / "a.hints.json", content)
    with pytest.raises(ValueError, match=r"a\.hints\.json: ") as fault:
        read_hints([file], OWNER.shape)
    assert says in str(fault.value)


def test_bad_pictures_and_ids_are_named(tmp_path):
    Image.new("RGBA", (9, 9)).save(tmp_path / "a.hints.png")
    with pytest.raises(ValueError, match="9 x 9 px, its page 6 x 4"):
        read_hints([tmp_path / "a.hints.png"], OWNER.shape)
    Image.new("RGB", (6, 4)).save(tmp_path / "b.hints.png")
    with pytest.raises(ValueError, match="no transparent ground"):
        read_hints([tmp_path / "b.hints.png"], OWNER.shape)
    file = points(tmp_path / "c.hints.json", {"regions": {"7": None}})
    with pytest.raises(ValueError, match="no region 7, the page has 1 to 3"):
        read_hints([file], OWNER.shape).on(OWNER)


def test_names(tmp_path):
    for name in ("a.hints.png", "a.jpg.hints.json", "b.hints.png"):
        (tmp_path / name).touch()
    found = [file.name for file in find_hints(tmp_path / "a.jpg")]
    assert found == ["a.jpg.hints.json", "a.hints.png"]
    assert is_hints("그림.HINTS.png") and not is_hints("hints.png")


def test_hints_whose_name_is_that_of_no_page_are_found(tmp_path):
    for name in ("a.hints.png", "b.jpg.hints.json", "1화/sketck.hints.png", "b.HINTS.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    pages = [tmp_path / "a.png", tmp_path / "b.jpg", tmp_path / "1화" / "sketch.png"]
    strays = [file.name for file in find_strays(tmp_path, pages)]
    assert strays == ["sketck.hints.png", "b.HINTS.png"]


def test_hints_of_another_format_are_neither_hints_nor_pages():
    assert is_meant_as_hints("a.HINTS.jpg") and not is_hints("a.hints.jpg")
    assert is_meant_as_hints("a.hints.png") and not is_meant_as_hints("hints.png")

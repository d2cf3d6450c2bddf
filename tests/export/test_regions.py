import json
from dataclasses import replace

import numpy as np
import pytest

from colorrl.export import regions
from colorrl.export.png import write_regions
from tests.export.pages import painted


@pytest.fixture
def path(tmp_path):
    """The file of a page, with its picture of region ids beside it."""
    page, path = painted(tmp_path), tmp_path / "쪽.regions.json"
    regions.write(path, page)
    write_regions(tmp_path / "쪽.regions.png", page)
    return path


def edited(path, change):
    values = json.loads(path.read_text(encoding="utf-8-sig"))
    change(values)
    path.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_page_comes_back(path, tmp_path):
    page, again = painted(tmp_path), regions.read(path)
    assert np.array_equal(again.region_index, page.region_index) and np.array_equal(
        again.line, page.line
    )
    assert np.array_equal(again.bare, page.bare)
    assert np.array_equal(again.colors[~page.bare], page.colors[~page.bare])
    assert np.allclose(again.confidence[1:], page.confidence[1:], atol=1e-3)
    assert (again.palette, again.layers) == (page.palette, page.layers)
    assert again.source.page == page.source.page and again.source.sha == page.source.sha


def test_the_file_is_made_to_be_edited(path):
    rows = path.read_text(encoding="utf-8").splitlines()
    row = (
        ' "3": {"colour": "#3c1e0a", "confidence": 0.6, "by": "generator", "match": null, '
        '"area": 128, "bbox": [12, 4, 20, 20]},'
    )
    assert row in rows and '"line": "선화.png",' in rows
    path.write_text("\n".join(rows).replace("#3c1e0a", "#F00"), encoding="utf-8-sig")
    assert regions.read(path).colors[3].tolist() == [255, 0, 0]
    edited(path, lambda values: values["regions"]["3"].update(colour=None))
    assert regions.read(path).bare[3]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda v: v["regions"]["3"].update(colour="#ff00"), "regions.3.colour: '#ff00'"),
        (lambda v: v["regions"]["3"].update(colour=3), "regions.3.colour must be str"),
        (lambda v: v["regions"]["3"].update(color="#ff0000"), "did you mean 'colour'"),
        (lambda v: v["regions"].pop("3"), "regions: 3 is missing"),
        (lambda v: v["regions"].update({"9": v["regions"]["3"]}), "regions.9: the picture"),
        (lambda v: v["palette"][1].update(colour="red"), "palette[1].colour: 'red'"),
        (lambda v: v.pop("layers"), "'layers' is missing"),
        (lambda v: v.update(line="없음.png"), "없음.png"),
        (lambda v: v.update(line_sha256="0"), "changed since"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(path, change, says):
    with pytest.raises(ValueError) as fault:
        regions.read(edited(path, change))
    assert str(path) in str(fault.value) and says in str(fault.value)


def test_a_file_that_is_not_json_says_where(path):
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"confidence"', "confidence", 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"쪽\.regions\.json: not JSON .*line 14"):
        regions.read(path)
    path.write_text(text.replace(' "3":', ' "2":'), encoding="utf-8")
    with pytest.raises(ValueError, match="'2' stands there twice"):
        regions.read(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"쪽\.regions\.json"):
        regions.read(path)


def test_the_pictures_must_fit(path, tmp_path):
    page = painted(tmp_path)
    write_regions(tmp_path / "쪽.regions.png", replace(page, region_index=page.region_index[:20]))
    with pytest.raises(ValueError, match="another size"):
        regions.read(path)
    (tmp_path / "쪽.regions.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"쪽\.regions\.png"):
        regions.read(path)

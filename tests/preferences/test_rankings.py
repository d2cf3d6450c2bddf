"""Rankings on disk: what is written is read, and what is damaged is named."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from colorrl.errors import UserError
from colorrl.preferences.pictures import one_size, read_pictures, read_regions, save_regions
from colorrl.preferences.rankings import FILE, check_order, read_rankings, write_rankings
from colorrl.regions import graph
from tests.preferences.folders import make_folder


def test_what_is_written_is_read(tmp_path):
    folder = make_folder(tmp_path / "순위", 3)
    questions = read_rankings(folder)
    assert [q.id for q in questions] == ["000000", "000001", "000002"]
    write_rankings(folder, questions)
    assert read_rankings(folder) == questions
    assert not any(q.ranked for q in questions)


def test_pictures_come_in_the_order_of_the_ranking(tmp_path):
    folder = make_folder(tmp_path / "r", 1, order=[2, 0, 1])
    (question,) = read_rankings(folder)
    shown = read_pictures(folder, question)
    # make_folder paints colouring k in the grey k / 4
    grays = (shown.coloring.mean((1, 2, 3)) * 4).round().tolist()
    assert grays == [2, 0, 1]
    sketch = shown.sketch
    assert sketch.id == question.sketch and sketch.line.shape == (1, 32, 32)
    assert sketch.share.sum() == 1 and torch.equal(sketch.palette, torch.tensor([[1.0, 0.0, 0.0]]))


def test_regions_are_saved_whole(tmp_path, sketches):
    """Owners, weights, background and neighbours. Seen to fail with 8 bits: ids wrap at 256."""
    for sketch in sketches:
        save_regions(sketch.regions, tmp_path / "r.png")
        again = read_regions(tmp_path / "r.png")
        for field in dataclasses.fields(again):
            if field.name != "sha":
                value, expected = (getattr(r, field.name) for r in (again, sketch.regions))
                assert torch.equal(torch.as_tensor(value), torch.as_tensor(expected)), field.name
    many = graph.build(np.arange(1, 901, dtype=np.int32).reshape(30, 30), "")
    save_regions(many, tmp_path / "r.png")
    assert torch.equal(read_regions(tmp_path / "r.png").label, many.label)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda line: line[: len(line) // 2], r"rankings\.jsonl, line 1 is not a ranking"),
        (lambda line: line.replace('"sketch"', '"scetch"'), "line 1 is not a ranking.*scetch"),
        (lambda line: line.replace('"order": null', '"order": [0, 0, 1]'), "0 to 2 once"),
        (lambda line: line.replace('"regions"', '"x"'), "line 1 is not a ranking.*colorrl prefer"),
        (lambda line: line.replace("-regions.png", "-x.png"), r"shows images/000000-x\.png"),
        (lambda line: line.replace("-1.png", "-9.png"), r"shows images/000000-9\.png"),
        (lambda line: "", "is empty"),
        (lambda line: "[1]", "line 1 is not a ranking"),
    ],
)
def test_what_is_damaged_is_named(tmp_path, damage, message):
    folder = make_folder(tmp_path / "r", 1)
    path = folder / FILE
    path.write_text(damage(path.read_text().strip()))
    with pytest.raises(UserError, match=message):
        read_rankings(folder)


def test_no_rankings_and_pictures_of_two_sizes_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"no .*rankings\.jsonl: make rankings with"):
        read_rankings(tmp_path)
    shown = []
    for size in (16, 32):
        folder = make_folder(tmp_path / str(size), 1, size=size)
        shown.append(read_pictures(folder, read_rankings(folder)[0]))
    with pytest.raises(UserError, match="16 px and of 32 px"):
        one_size(shown)
    (tmp_path / "32" / "images" / "000000-0.png").write_bytes(b"no picture")
    folder = tmp_path / "32"
    with pytest.raises(UserError, match=r"question 000000 .*cannot be read"):
        read_pictures(folder, read_rankings(folder)[0])


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [0, 1, 3], "012", [0.0, 1, 2], [True, 0, 2]])
def test_an_order_names_every_place_once(tmp_path, order):
    question = read_rankings(make_folder(tmp_path / "r", 1))[0]
    with pytest.raises(ValueError, match="order"):
        check_order(question, order)
    assert check_order(question, [2, 1, 0]) == (2, 1, 0) and check_order(question, []) == ()


def test_lines_are_json_with_names_as_they_are(tmp_path):
    """A folder is to be read by other programs too."""
    folder = make_folder(tmp_path / "r", 1)
    text = (folder / FILE).read_text(encoding="utf-8")
    assert json.loads(text)["sketch"] == "거북이" and "거북이" in text

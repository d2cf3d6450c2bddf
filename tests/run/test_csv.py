"""metrics.csv: rows as logged, resumed without repeats, grown by new columns."""

import csv

import pytest
import torch
from PIL import Image

from colorrl.run.csv import CsvTracker
from colorrl.run.tracker import Run, Trackers


def run_at(folder, resumed=None) -> Run:
    return Run(folder, "train", "a", 0, "abcd1234", {}, resumed)


def read(folder) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_rows_keep_every_digit(tmp_path):
    tracker = CsvTracker(run_at(tmp_path))
    tracker.log(1, 64, {"reward/total": 0.1 + 0.2})
    row = read(tmp_path)[0]
    assert (row["step"], row["images"]) == ("1", "64")
    assert float(row["reward/total"]) == 0.1 + 0.2
    assert float(row["seconds"]) >= 0


def test_a_new_column_widens_the_table(tmp_path):
    tracker = CsvTracker(run_at(tmp_path))
    tracker.log(1, 64, {"a": 1.0})
    tracker.log(2, 128, {"a": 2.0, "gold/b": 3.0})
    tracker.log(3, 192, {"a": 4.0})
    assert [row["gold/b"] for row in read(tmp_path)] == ["", "3.0", ""]
    assert [row["a"] for row in read(tmp_path)] == ["1.0", "2.0", "4.0"]


def test_resume_drops_the_rows_after_the_checkpoint(tmp_path):
    tracker = CsvTracker(run_at(tmp_path))
    for step in range(1, 5):
        tracker.log(step, 64 * step, {"a": float(step), "b": 0.0})
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("2,320")  # killed while it wrote: columns are missing
    resumed = CsvTracker(run_at(tmp_path, resumed=2))
    resumed.log(3, 192, {"a": 30.0, "b": 0.0})
    assert [row["step"] for row in read(tmp_path)] == ["1", "2", "3"]
    assert read(tmp_path)[-1]["a"] == "30.0"
    assert float(read(tmp_path)[-1]["seconds"]) >= float(read(tmp_path)[1]["seconds"])


def test_a_new_run_starts_a_new_table(tmp_path):
    CsvTracker(run_at(tmp_path)).log(1, 64, {"a": 1.0})
    CsvTracker(run_at(tmp_path))
    assert read(tmp_path) == []


def test_panels_are_files_with_their_scores(tmp_path):
    picture = torch.zeros(3, 4, 6)
    picture[0] = 1.0
    rows = [{"id": "얼굴", "image": picture, "reward/total": 0.5}]
    Trackers([CsvTracker(run_at(tmp_path))]).images(7, "val/before 그림", picture, rows)
    image = Image.open(tmp_path / "panel" / "val_before_그림-00000007.png")
    assert image.size == (6, 4) and image.getpixel((0, 0)) == (255, 0, 0)
    text = (tmp_path / "panel" / "val_before_그림-00000007.csv").read_text(encoding="utf-8")
    assert text == "id,reward/total\n얼굴,0.5\n"


def test_every_member_gets_every_call(tmp_path):
    class Ear:
        heard: list = []  # noqa: RUF012

        def __getattr__(self, name):
            return lambda *args: self.heard.append((name, args))

    trackers = Trackers([Ear(), Ear()])
    trackers.log(1, 2, {"a": 1.0})
    trackers.images(1, "n", torch.zeros(3, 1, 1))
    trackers.artifact(tmp_path, "checkpoint")
    trackers.finish({"a": 1.0})
    assert [name for name, _ in Ear.heard] == [
        n for n in ("log", "images", "artifact", "finish") for _ in range(2)
    ]
    Trackers().log(1, 2, {"a": 1.0})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_written_as_it_is(tmp_path, value):
    CsvTracker(run_at(tmp_path)).log(1, 64, {"a": value})
    assert read(tmp_path)[0]["a"] == repr(value)

"""Contestants side by side: cells, CSV, which sketches are shown."""

import csv

import torch

from colorrl.report import contest


def test_what_is_not_defined_is_a_dash():
    mean = dict.fromkeys(contest.HEADLINE, 0.5)
    mean |= {"eval/palette_recall": None, "eval/grouping_ari": float("nan")}
    head, body = contest.table({"그림": mean, "b": dict.fromkeys(contest.HEADLINE, -0.25)})
    assert head == ["metric", "그림", "b"] and len(body) == len(contest.HEADLINE)
    cells = {row[0]: row[1:] for row in body}
    assert cells["eval/reward ↑"] == ["0.500", "-0.250"]
    assert cells["eval/palette_recall ↑"][0] == cells["eval/grouping_ari ↑"][0] == "–"


def test_every_figure_of_every_sketch_is_in_the_csv():
    columns = {"a": {"x": torch.tensor([1.0, 2.0])}, "b": {"x": torch.tensor([3.0, 4.0])}}
    rows = list(csv.reader(contest.per_sketch(["집", "fish"], columns).splitlines()))
    assert rows == [
        ["sketch", "contestant", "x"],
        *[["집", "a", "1.00000"], ["집", "b", "3.00000"]],
        *[["fish", "a", "2.00000"], ["fish", "b", "4.00000"]],
    ]


def test_strips_show_sketches_spread_over_all_batches(drawings):
    m = 4 * len(drawings)
    images = {"a": torch.rand(m, 3, 64, 64)}
    made = contest.strips([drawings] * 4, images, {"a": torch.arange(m) / 100})
    assert [strip.label for strip in made] == ["line art", "truth", "a"]
    chosen = [0, 2, 5, 7, 10, 12, 15, 17]  # 8 of 20
    assert made[2].captions == [f"{i / 100:.2f}" for i in chosen]
    for i, place in enumerate(chosen):
        line = drawings.line[place % 5]
        assert torch.equal(made[0].pictures[i], line.expand(3, -1, -1))
        assert torch.equal(made[1].pictures[i], drawings.flats[place % 5] * line)
        assert torch.equal(made[2].pictures[i], images["a"][place] * line)

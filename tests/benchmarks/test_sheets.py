"""The sheet benchmark on one pair, its tables on readings made up here."""

import numpy as np
import pytest

from colorrl.benchmarks.redrawn import KINDS, pair
from colorrl.benchmarks.sheet_table import (
    Reading,
    agreement,
    figures,
    mean_agreement,
    page_of,
    shortfalls,
)
from colorrl.benchmarks.sheets import subject_of
from colorrl.pages.sheet.logit import decide


def reading(kind, method, agree, matched, counted=100.0):
    return Reading(kind, method, agree, matched, counted)


READINGS = [
    reading("hair", "sheet, where sure", 80, 90),
    reading("hair", "no matching", 20, 100),
    reading("twins", "sheet, where sure", 0, 50),
    reading("twins", "no matching", 30, 100),
]


def test_agreement_is_of_area_and_every_kind_is_judged():
    assert agreement(READINGS[:1]) == (80 / 90, 0.9)
    values = figures(READINGS)
    assert values["bench/all_but_twins/sheet_where_sure/agreement"] == 80 / 90
    assert values["bench/all/sheet_where_sure/agreement"] == 80 / 140
    assert values["bench/all/sheet_where_sure/mean_agreement"] == pytest.approx(80 / 90 / 2)
    assert values["bench/twins/sheet_where_sure/agreement"] == 0
    assert values["bench/twins/sheet_where_sure/matched"] == 0.5
    assert shortfalls(READINGS, 0.57) == ()
    assert "below 0.58" in shortfalls(READINGS, 0.58)[0]
    row = "| no matching | 0.200 (1.00) | 0.300 (1.00) | 0.200 (1.00) | 0.250 (1.00) | 0.250 |"
    assert row in page_of(READINGS)


def test_a_pair_that_matches_nothing_has_no_share():
    nothing = reading("twins", "sheet, where sure", 0, 0)
    assert mean_agreement([READINGS[0], nothing]) == mean_agreement(READINGS[:1])
    assert np.isnan(mean_agreement([nothing]))


def test_a_pair_repeats_and_shows_what_train_does_not():
    first, again = (pair(0, KINDS["hair"], 96, "held_out", 0) for _ in range(2))
    assert all(np.array_equal(a.line, b.line) for a, b in zip(first, again, strict=True))
    other = pair(0, KINDS["hair"], 96, "train", 0)
    assert not np.array_equal(first[0].line, other[0].line)
    sheet, page = first
    # cropped, and its characters wear what they wear on the sheet
    assert page.line.shape[0] < sheet.line.shape[0] and {1, 2} <= set(np.unique(page.who))
    colors = [np.unique(s.color[s.who == 1], axis=0).tolist() for s in first]
    assert any(color in colors[0] for color in colors[1])


def test_most_of_a_pair_with_other_expressions_agrees():
    subject = subject_of(*pair(1, KINDS["expression"], 256, "train", 0))
    region, confidence = decide(subject.case)
    area = subject.case.page.area * subject.counted
    right = subject.right[np.arange(len(region)), region]
    assert area.sum() > 0 and (area * right).sum() / area.sum() > 0.8
    # a wrong one must not be called sure as often as a right one
    assert confidence[subject.counted & right].mean() == pytest.approx(0.8, abs=0.2)

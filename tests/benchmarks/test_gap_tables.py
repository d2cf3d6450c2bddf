"""Figures of readings made by hand."""

from types import SimpleNamespace

import pytest

from colorrl.benchmarks.gap_tables import METRICS, Reading, figures, page, pooled
from colorrl.benchmarks.partition import Agreement


def reading(drawing: str, method: str, are: float, matched: int, of: int, **more) -> Reading:
    found = Agreement(are, 0.25, 0.5, n_true=of, n_found=of + 1, n_matched=matched)
    return Reading(**({"source": "procedural", "condition": "gap_8"} | more), drawing=drawing,
                   method=method, agreement=found, ms=10.0)  # fmt: skip


READINGS = [
    reading("1", "ours", 0.0, 2, 2),
    reading("2", "ours", 0.1, 3, 8),
    reading("1", "peer", 0.5, 0, 2),
    reading("1F", "peer", 0.2, 1, 2, source="openmoji"),
]


def test_means_are_over_drawings_and_shares_over_regions():
    values = figures(READINGS, seed=0)
    assert values["bench/gap_8/ours/are"] == pytest.approx(0.05)
    assert values["bench/gap_8/ours/matched"] == pytest.approx(5 / 10)  # not (1 + 3/8) / 2
    assert values["bench/gap_8/ours/count"] == pytest.approx(12 / 10)
    assert values["bench/gap_8/ours/ms"] == 10 and values["bench/gap_8/ours/voi_merge"] == 0.5
    assert values["bench/gap_8/drawings"] == 3
    assert values["bench/gap_8/peer/openmoji/are"] == pytest.approx(0.2)
    assert "bench/gap_8/ours/openmoji/are" not in values


def test_the_interval_is_that_of_the_mean():
    many = [reading(str(i), "ours", i % 2, 1, 1) for i in range(400)]
    mean, half = pooled(many, METRICS["are"], seed=0)
    assert mean == 0.5
    # 1.96 standard errors of a coin thrown 400 times; 1000 resamples leave some 5 % of noise
    assert half == pytest.approx(1.96 * 0.5 / 20, rel=0.15)
    assert pooled(many, METRICS["are"], seed=0) == (mean, half)


def test_every_heading_has_its_tables_and_skipped_methods_are_listed():
    conditions = {"gap_8": SimpleNamespace(table="by gap"), "open": SimpleNamespace(table="open")}
    text = page(READINGS, conditions, ["gmic"], seed=0)
    assert text.startswith("gmic: not installed here, skipped\n")
    assert "## by gap" in text and "## open" not in text
    assert "gap_8: 3 drawings (1 openmoji, 2 procedural)" in text
    assert "| ours | 0.0500 ± " in text and text.count("| peer |") == len(METRICS)

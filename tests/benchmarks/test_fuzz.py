from dataclasses import replace

import numpy as np
import pytest
import torch

from colorrl.benchmarks import fuzz
from colorrl.benchmarks.fuzz import FuzzSuite, examine
from colorrl.benchmarks.fuzz_checks import flaw
from colorrl.benchmarks.fuzz_inputs import FILES, LARGE_SHARE, PALETTES, SMALL, build, plan
from colorrl.benchmarks.fuzz_tables import BAD, Outcome, figures, page
from colorrl.palette import Palette

N = 80
SUITE = FuzzSuite("fuzz", 10_000, None, 60, 4, None, 1, 0)


def small(number):
    return max(plan(0, number)[0].size) <= SMALL


def test_whatever_comes_in_something_sound_or_a_clear_error_comes_out():
    outcomes = [examine(0, number) for number in filter(small, range(N))]
    bad = [o for o in outcomes if o.result in BAD]
    assert not bad, page(bad, 0)
    assert {o.result for o in outcomes} == {"result", "clear error"}


def test_an_input_depends_on_seed_and_number_alone(tmp_path):
    for number in (3, 11, 40):
        (planned, random), (again, random_again) = plan(0, number), plan(0, number)
        assert planned == again != plan(1, number)[0]
        first = build(planned, random, tmp_path)
        content = first.read_bytes() if planned.what != "array" else first.tobytes()
        second = build(again, random_again, tmp_path)
        assert content == (second.read_bytes() if planned.what != "array" else second.tobytes())


def test_the_suite_has_what_was_asked_for():
    plans = [plan(0, number)[0] for number in range(3000)]
    assert {p.form for p in plans if p.what == "picture"} == set(FILES)
    assert {p.form for p in plans if p.what == "palette"} == set(PALETTES)
    large = np.mean([max(p.size) > SMALL for p in plans if p.what != "palette"])
    assert large == pytest.approx(LARGE_SHARE, abs=0.015)  # three deviations of 2,200 draws
    assert {"NaN", "no pixels"} <= {p.form for p in plans if p.what == "array"}
    assert {1} < {min(p.size) for p in plans} and max(max(p.size) for p in plans) <= 3000


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (lambda *_: 1 / 0, "exception"),
        (lambda *_: int("x"), "unclear error"),  # does not name the file
        (lambda *_: Palette(torch.full((1, 3), float("nan")), ("",)), "flawed"),
    ],
)
def test_failures_are_classified_and_shown_with_their_number(monkeypatch, answer, result):
    monkeypatch.setattr(fuzz, "_answer", answer)
    number = next(n for n in range(100) if plan(0, n)[0].what == "picture" and small(n))
    outcome = examine(0, number)
    assert outcome.result == result
    assert f"suite.numbers=[{number}]" in page([outcome], 0)
    assert figures([outcome])[f"bench/fuzz/{result.replace(' ', '_')}"] == 1


def test_a_region_map_that_breaks_a_promise_is_flawed(sketches):
    regions = sketches[0].regions
    assert flaw(regions) == ""
    assert flaw(replace(regions, area=regions.area + 1)) == "areas are counts"
    assert flaw(replace(regions, background=99)) == "the background is a region"
    assert flaw(replace(regions, region_index=regions.region_index * 0)) == "ink has an owner"


def test_limit_spreads_over_the_suite_and_failures_fail_it(monkeypatch):
    assert replace(SUITE, limit=4)._chosen() == [0, 2500, 5000, 7500]
    assert replace(SUITE, numbers=[17], limit=4)._chosen() == [17]
    monkeypatch.setattr(
        FuzzSuite, "_run", lambda self, numbers: [Outcome(n, "hang") for n in numbers]
    )
    report = replace(SUITE, numbers=[1, 2])()
    assert report.failures == ("2 of 2 inputs failed",)
    assert report.values["bench/fuzz/hang"] == 2

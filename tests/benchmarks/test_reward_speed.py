"""The batched terms equal the loop, on pages of many regions and on drawings; the suite says so."""

from functools import partial
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf

from colorrl.benchmarks import reward_oracle
from colorrl.benchmarks.reward_speed import RewardSpeedSuite
from colorrl.benchmarks.reward_work import colourings, sketches
from colorrl.config.compose import conf_dir
from colorrl.rewards.reading import read
from tests.tiny import composed

NAMES = ("consistency", "palette", "leakage", "coverage", "background", "accuracy", "grouping")
NAMES += ("adjacency",)


@pytest.fixture(scope="module")
def terms():
    folder = Path(conf_dir(), "reward", "term")
    return {name: instantiate(OmegaConf.load(folder / f"{name}.yaml")) for name in NAMES}


def test_terms_equal_the_loop_on_pages_of_many_regions(terms):
    sketch = sketches(4, 128, 30, seed=1)
    image = colourings(sketch, seed=1)
    known = reward_oracle.values(image, sketch, terms)
    reading = read(image, sketch)
    for name, value in known.items():
        found = terms[name](reading, sketch, 1.0).value
        # 1e-5: sums of fp32; a colour read wrongly by 0.01 dE moves accuracy by 1e-3.
        torch.testing.assert_close(found, torch.tensor(value).float(), atol=1e-5, rtol=0)
        assert name == "coverage" or value.max() < 0.99  # the work tests something


def test_terms_equal_the_loop_on_drawings(terms, drawings):
    mild = (0.8 * drawings.flats + 0.1).roll(1, 3)
    known = reward_oracle.values(mild, drawings, terms)
    reading = read(mild, drawings)
    for name, value in known.items():
        found = terms[name](reading, drawings, 1.0).value
        torch.testing.assert_close(found, torch.tensor(value).float(), atol=1e-5, rtol=0)


def test_the_work_is_what_it_says():
    sketch = sketches(3, 128, 30, seed=0)
    assert sketch.regions.area.shape == (3, 32)  # ink, the paper around, 30 regions
    assert (sketch.regions.area[:, 2:] > 20).all() and (sketch.regions.background == 1).all()
    assert torch.equal(sketch.flats, sketches(3, 128, 30, seed=0).flats)
    assert not torch.equal(sketch.flats, sketches(3, 128, 30, seed=2).flats)


def test_the_suite_reports_figures_and_missed_bars(terms):
    suite = partial(
        RewardSpeedSuite, name="reward_speed", images=2, size=64, regions=9, threads=1, repeats=1,
        seed=0, limit=None, terms=terms,
    )  # fmt: skip
    passed = suite(max_ms=60_000, min_speedup=0, max_difference=1e-5)()
    assert passed.failures == () and 0 < passed.values["bench/all/difference"] < 1e-5
    assert {f"bench/{name}/ms" for name in (*NAMES, "reading", "all")} <= passed.values.keys()
    assert all(name in passed.markdown for name in NAMES)
    missed = suite(max_ms=0, min_speedup=1e9, max_difference=0)()
    assert [text.split()[0] for text in missed.failures] == ["all", "only", "a"]


def test_the_suite_has_every_term_but_lpips():
    cfg = composed("bench", "suite=reward_speed")
    shipped = {path.stem for path in Path(conf_dir(), "reward", "term").glob("*.yaml")}
    # line wants to see lines, which flats do not show; perceptual and learned are networks
    assert set(cfg.suite["terms"]) == shipped - {"perceptual", "line", "learned"}

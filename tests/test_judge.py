"""What is measured on held-out sketches, and the alarm when a reward is gamed."""

import math

import pytest
import torch
from torch import tensor

from colorrl.config import UserError
from colorrl.judge import Judge, hacking, make_judge, means, paired_gains
from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.cheats.flat import white_page
from colorrl.rewards.cheats.given import flats_of
from colorrl.rewards.total import TotalReward
from tests.tiny import GATED

REWARD = TotalReward({"accuracy": Accuracy("mean", 1.0, 10.0, 1.0, 2.0)}, GATED)
UP, DOWN, LEVEL = (0.05, 0.02, 0.08), (-0.05, -0.08, -0.02), (0.001, -0.02, 0.02)


@pytest.fixture(scope="module")
def judge(sketches):
    return make_judge(sketches * 7, REWARD, torch.device("cpu"), n_palette=8)  # 35: two batches


@pytest.mark.parametrize(
    ("gains", "alarms"),
    [
        ({"gold/pixel_share": DOWN}, ["gold/pixel_share"]),
        ({"gold/lpips_vgg": UP}, ["gold/lpips_vgg"]),
        ({"eval/region_accuracy": DOWN, "eval/lpips_alex": UP},
         ["eval/region_accuracy", "eval/lpips_alex"]),
        ({"gold/pixel_share": UP, "gold/lpips_vgg": DOWN}, []),
        ({"gold/pixel_share": LEVEL, "gold/lpips_vgg": LEVEL}, []),
        ({"gold/pixel_share": (-0.01, -0.03, 0.01), "eval/lpips_alex": (0.01, -0.01, 0.03)}, []),
        ({"gold/pixel_share": (math.nan,) * 3}, []),
    ],
)  # fmt: skip
def test_the_alarm_needs_a_reward_that_rose_and_an_interval_beyond_zero(gains, alarms):
    assert hacking({"eval/reward": UP} | gains) == alarms
    # what got worse together with the reward is a bad run, not a gamed reward
    assert hacking({"eval/reward": DOWN} | gains) == []
    assert hacking({"eval/reward": (0.0, -0.01, 0.01)} | gains) == []


def test_means_and_gains_leave_out_what_is_not_defined():
    nan = math.nan
    before = {"a": tensor([1.0, nan, 3.0, nan]), "b": tensor([nan, nan])}
    after = {"a": tensor([2.0, 5.0, 4.0, nan]), "b": tensor([1.0, nan])}
    assert means(before)["a"] == 2.0 and math.isnan(means(before)["b"])
    gains = paired_gains(before, after)
    assert gains["a"] == (1.0, 1.0, 1.0)  # sketches 0 and 2, both better by 1
    assert all(map(math.isnan, gains["b"]))


def test_gains_are_paired():
    """A level shift of every sketch is certain, however far the sketches lie apart."""
    spread = torch.linspace(0, 100, 40)
    mean, low, high = paired_gains({"a": spread}, {"a": spread + 0.1})["a"]
    assert mean == pytest.approx(0.1, abs=1e-4) and 0.099 < low <= high < 0.101
    noisy = spread + torch.linspace(-1, 1, 40)
    mean, low, high = paired_gains({"a": spread}, {"a": noisy})["a"]
    assert low < 0 < high


def test_the_truth_beats_the_white_page_in_every_batch(judge):
    truth = torch.cat([flats_of(b) for b in judge.batches])
    white = torch.cat([white_page(b, torch.Generator()) for b in judge.batches])
    found = {"truth": judge.measure(truth, metrics=False), "white": judge.measure(white)}
    assert [len(b) for b in judge.batches] == [32, 3]
    assert found["truth"].keys() == {"eval/reward", "eval/reward_accuracy"}
    assert found["truth"]["eval/reward"].min() > 0.999
    assert (found["white"]["eval/reward"] < 0.9).all()
    assert {"eval/region_accuracy", "gold/pixel_share", "gold/lpips_vgg"} <= found["white"].keys()
    assert {len(values) for values in found["white"].values()} == {35}
    # the same drawing is read the same in the first batch and in the last
    assert found["white"]["gold/pixel_share"][30:].tolist() == pytest.approx(
        found["white"]["gold/pixel_share"][:5].tolist(), abs=1e-6
    )


class Echo:
    """A policy that predicts the state it is shown: its images are its noise."""

    def encode(self, sketch):
        return None

    def predict(self, x, t, code):
        return x


def test_a_sample_is_a_function_of_seed_and_place(sketches):
    judge = make_judge(sketches[:1] * 34, REWARD, torch.device("cpu"), n_palette=8)
    grid = tensor([1.0, 0.5, 0.0])
    images = judge.colour(Echo(), grid, 0.5, seed=1)
    assert len(images.flatten(1).unique(dim=0)) == 34  # the second batch has noise of its own
    assert torch.equal(images, judge.colour(Echo(), grid, 0.5, seed=1))
    assert not torch.equal(images, judge.colour(Echo(), grid, 0.5, seed=2))
    alone = Judge((judge.batches[0].select(range(5)),), REWARD)
    assert torch.equal(alone.colour(Echo(), grid, 0.5, seed=1), images[:5])


def test_a_palette_that_does_not_fit_is_told(sketches):
    with pytest.raises(UserError, match=r"room for 1: n_palette is too small"):
        make_judge(sketches, REWARD, torch.device("cpu"), n_palette=1)

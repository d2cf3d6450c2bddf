"""What is measured on held-out sketches, and the alarm when a reward is gamed."""

import math

import pytest
import torch
from torch import tensor

from colorrl.errors import UserError
from colorrl.evaluation.judge import Judge, hacking, make_judge, means, paired_gains
from colorrl.policy.space import PIXELS
from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.cheats.flat import white_page
from colorrl.rewards.cheats.given import flats_of
from colorrl.rewards.total import TotalReward
from tests.tiny import GATED

REWARD = TotalReward({"accuracy": Accuracy("mean", 1.0, 10.0, 1.0, 2.0)}, GATED)
SKETCHES = 93  # of val


@pytest.fixture(scope="module")
def judge(sketches):
    return make_judge(sketches * 7, REWARD, torch.device("cpu"), n_palette=8)  # 35: two batches


def _figures(gain: float, seed: int, spread: float = 0.2) -> tuple[torch.Tensor, torch.Tensor]:
    """A metric of every sketch before and after: ``gain`` in the mean, samples' luck beside it."""
    draw = torch.Generator().manual_seed(seed)
    before, luck = torch.rand(2, SKETCHES, generator=draw)
    return before, before + gain + spread * (luck - luck.mean())


def _alarm(**gains: float) -> list[str]:
    names = {"reward": "eval/reward", "right": "eval/region_accuracy", "gold": "gold/pixel_share",
             "alex": "eval/lpips_alex", "vgg": "gold/lpips_vgg"}  # fmt: skip
    made = {names[k]: _figures(gain, i) for i, (k, gain) in enumerate(gains.items())}
    return hacking({n: b for n, (b, _) in made.items()}, {n: a for n, (_, a) in made.items()})


@pytest.mark.parametrize(
    ("gains", "alarms"),
    [
        ({"gold": -0.05}, ["gold/pixel_share"]),
        ({"vgg": 0.05}, ["gold/lpips_vgg"]),
        ({"right": -0.05, "alex": 0.05}, ["eval/region_accuracy", "eval/lpips_alex"]),
        ({"gold": 0.05, "vgg": -0.05}, []),
        ({"gold": -0.005, "vgg": 0.005}, []),  # within the luck of one sample a sketch
    ],
)
def test_the_alarm_needs_a_rise_and_a_fall_beyond_chance(gains, alarms):
    """Seen to fail with means in place of intervals."""
    assert _alarm(reward=0.05, **gains) == alarms
    # what got worse together with the reward is a bad run, not a gamed reward
    assert _alarm(reward=-0.05, **gains) == []
    assert _alarm(reward=0.005, **gains) == []


def test_the_alarm_stays_quiet_on_noise():
    """A reward that truly rises, and metrics that stand still: at most 1 check in 50 may cry.

    Seen to fail with intervals of 80 %.
    """
    alarms = 0
    for check in range(60):
        draw = torch.Generator().manual_seed(check)
        luck = 0.25 * torch.randn(4, SKETCHES, generator=draw)
        names = ("eval/region_accuracy", "gold/pixel_share", "eval/lpips_alex", "gold/lpips_vgg")
        before = {n: torch.zeros(SKETCHES) for n in ("eval/reward", *names)}
        after = {
            "eval/reward": torch.full((SKETCHES,), 0.05),
            **dict(zip(names, luck, strict=True)),
        }
        alarms += bool(hacking(before, after))
    # 1.2 expected at .02 a check; 5 or more has a chance of 1 %. At a level of .95 it is 6
    assert alarms <= 4


def test_what_is_not_defined_raises_no_alarm():
    nan = torch.full((4,), math.nan)
    before = {"eval/reward": torch.zeros(4), "gold/pixel_share": nan}
    assert hacking(before, before | {"eval/reward": torch.ones(4)}) == []


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

    space = PIXELS

    def encode(self, sketch):
        return None

    def predict(self, x, t, code):
        return x


def test_a_sample_is_a_function_of_seed_and_place(sketches):
    judge = make_judge(sketches[:1] * 34, REWARD, torch.device("cpu"), n_palette=8)
    grid = tensor([1.0, 0.5, 0.0])
    images = judge.color(Echo(), grid, 0.5, seed=1)
    assert len(images.flatten(1).unique(dim=0)) == 34  # the second batch has noise of its own
    assert torch.equal(images, judge.color(Echo(), grid, 0.5, seed=1))
    assert not torch.equal(images, judge.color(Echo(), grid, 0.5, seed=2))
    alone = Judge((judge.batches[0].select(range(5)),), REWARD)
    assert torch.equal(alone.color(Echo(), grid, 0.5, seed=1), images[:5])


def test_a_palette_that_does_not_fit_is_refused(sketches):
    with pytest.raises(UserError, match=r"room for 1: n_palette is too small"):
        make_judge(sketches, REWARD, torch.device("cpu"), n_palette=1)

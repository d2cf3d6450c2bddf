"""What the combinations do to gates, to ties and to regions' credit."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch

from colorrl.learn.advantage import group_centred, group_normalised
from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.combine import (
    Combination,
    gated,
    gated_sum,
    group_scores,
    verified,
    weighted_sum,
)
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.coverage import Coverage
from colorrl.rewards.grouping import Grouping
from colorrl.rewards.leakage import Leakage
from colorrl.rewards.reading import paint, read
from colorrl.rewards.total import TotalReward
from colorrl.rewards.under_ink import UnderInk

ROLES = {"a": ("gate", 2.0), "c": ("mean", 3.0), "d": ("mean", 1.0), "e": ("penalty", 0.2)}
ROLED = {name: SimpleNamespace(role=role, weight=w) for name, (role, w) in ROLES.items()}
VALUE = {n: torch.tensor([x]) for n, x in {"a": 0.9, "c": 0.5, "d": 0.4, "e": 0.3}.items()}
TERMS = {
    "consistency": Consistency("gate", 1.0, 1.0, 15.0, 3.0),
    "leakage": Leakage("gate", 1.0, 2.0),
    "coverage": Coverage("gate", 1.0, 3.0, 8.0),
    "under_ink": UnderInk("gate", 1.0, 2.0, 20.0),
    "accuracy": Accuracy("mean", 2.0, 10.0, 0.5, 2.0),
    "grouping": Grouping("mean", 1.0, 10.0, 2.0),
}
CHECKS = {"consistency": 0.97, "leakage": 0.95, "accuracy": 0.9, "under_ink": 0.9}
COMBINATIONS = {
    "gated": Combination(gated, None),
    "weighted_sum": Combination(weighted_sum, None),
    "gdpo": Combination(gated_sum, 0.01),
    "verified": Combination(partial(verified, at_least=CHECKS, pays=10.0), None),
}


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (gated, 0.9**2 * 0.5**0.75 * 0.4**0.25 - 0.2 * 0.7),
        (gated_sum, 0.9**2 * (0.75 * 0.5 + 0.25 * 0.4) - 0.2 * 0.7),
        (weighted_sum, (2 * 0.9 + 3 * 0.5 + 0.4) / 6 - 0.2 * 0.7),
        (partial(verified, at_least={"a": 0.9, "c": 0.5}, pays=10.0), 10.0),
        (partial(verified, at_least={"a": 0.9, "c": 0.51}, pays=10.0), 0.0),
    ],
)
def test_parts_add_up_as_written(split, expected):
    parts, weight = split(VALUE, ROLED)
    torch.testing.assert_close(parts @ weight, torch.tensor([expected]))


@pytest.mark.parametrize("name", ["gated", "gdpo", "weighted_sum"])
def test_the_truth_is_one(name, drawings):
    """Seen to fail with weights that are not divided by their sum."""
    total = TotalReward(TERMS, COMBINATIONS[name]).score(drawings.flats, drawings, torch.arange(5))
    torch.testing.assert_close(total.total, torch.ones(5), atol=1e-3, rtol=0)


def _group(drawings, names):
    """The truth, then cheats ``names``, of each drawing: image, sketch, group."""
    draw = torch.Generator().manual_seed(0)
    versions = [drawings.flats, *(CHEATS[name](drawings, draw) for name in names)]
    image = torch.stack(versions, 1).flatten(0, 1)
    n = len(versions)
    return image, drawings.repeat(n), torch.arange(5).repeat_interleave(n)


@pytest.mark.parametrize("name", ["gated", "gdpo", "verified"])
def test_no_cheat_has_the_truths_advantage(name, drawings):
    """Seen to fail where every colour passes for the true one."""
    image, sketch, group = _group(drawings, list(CHEATS))
    scores = TotalReward(TERMS, COMBINATIONS[name]).score(image, sketch, group)
    advantage = group_normalised(scores.training_reward, group, 1e-4).view(5, -1)
    assert (advantage[:, :1] > advantage[:, 1:]).all()


def test_normalized_bare_terms_would_let_a_white_page_win(drawings):
    # Why gdpo multiplies by the gate first: among colourings whose regions are not quite flat, the
    # white page's perfect consistency and leakage outweigh its closed coverage.
    draw = torch.Generator().manual_seed(0)
    noisy = [
        (0.6 * drawings.flats + 0.04 * torch.randn(drawings.flats.shape, generator=draw)).clamp(
            0, 1
        )
        for _ in range(3)
    ]
    versions = [torch.ones_like(drawings.flats), *noisy]
    image = torch.stack(versions, 1).flatten(0, 1)
    sketch, group = drawings.repeat(4), torch.arange(5).repeat_interleave(4)
    white = {}
    for name, combine in {
        "bare": Combination(weighted_sum, 0.01),
        "gated first": COMBINATIONS["gdpo"],
    }.items():
        training_reward = (
            TotalReward(TERMS, combine).score(image, sketch, group).training_reward.view(5, 4)
        )
        white[name] = (training_reward[:, 0] > training_reward[:, 1:].amax(1)).float().mean().item()
    assert white["bare"] > 0 and white["gated first"] == 0


def test_cancelling_terms_keep_their_signal():
    # Two terms that trade off on different scales: their sum ties, their normalised sum does not.
    """Seen to fail without the division by each part's spread."""
    terms = {n: SimpleNamespace(role="mean", weight=1.0) for n in "ab"}
    value = {"a": torch.tensor([0.6, 0.4, 0.5]), "b": torch.tensor([0.4, 0.6, 0.5])}
    value["b"] = value["b"] - torch.tensor([0.0, 0.0, 0.3])
    group = torch.zeros(3, dtype=torch.long)
    parts, weight = gated_sum(value, terms)
    deviation, scale = group_scores(parts, group, 1e-6)
    training_reward = (deviation * scale) @ weight
    assert (parts @ weight)[0] == (parts @ weight)[1]
    assert abs(training_reward[0] - training_reward[1]) > 0.1
    # and the scale of a term does not matter
    tenth, _ = gated_sum({"a": value["a"], "b": value["b"] / 10}, terms)
    again, scale = group_scores(tenth, group, 1e-6)
    torch.testing.assert_close((again * scale) @ weight, training_reward, atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_group_of_equals_has_no_advantage(name, drawings):
    sketch, group = drawings.repeat(3), torch.arange(5).repeat_interleave(3)
    image = (0.7 * sketch.flats).clamp(0, 1)
    scores = TotalReward(TERMS, COMBINATIONS[name]).score(image, sketch, group)
    for estimate in (group_centred, lambda r, g: group_normalised(r, g, 1e-4)):
        # The same picture rounds by 3e-8 elsewhere in a batch, which gdpo divides by a floor of
        # 0.01, and the estimator by 1e-4.
        assert estimate(scores.training_reward, group).abs().max() < 0.03
    assert scores.credit.isfinite().all() and scores.credit.abs().max() < 1e-4
    # What is equal to the last bit is exactly 0, whatever its fp32 mean would round to.
    deviation, _ = group_scores(torch.full((3, 1), 0.1), torch.zeros(3), 0.01)
    assert (deviation == 0).all()


@pytest.mark.parametrize("name", COMBINATIONS)
def test_credit_is_what_the_figure_loses_without_a_region(name, drawings):
    """Brute force: one reading replaced at a time, group statistics held."""
    sketch, group = drawings.repeat(3), torch.arange(5).repeat_interleave(3)
    draw = torch.Generator().manual_seed(3)
    moved = 0.15 * torch.randn(*sketch.regions.area.shape, 3, generator=draw)
    image = (sketch.flats + paint(moved, sketch.regions.region_index)).clamp(0, 1)
    image[::3] = sketch.flats[::3]
    reward = TotalReward(TERMS, COMBINATIONS[name])
    scores = reward.score(image, sketch, group)
    split, floor = reward.combine.split, reward.combine.std_floor
    parts, weight = split(scores.term, TERMS)
    scale = torch.ones_like(parts) if floor is None else group_scores(parts, group, floor)[1]
    marks = {n: t(read(image, sketch), sketch, 1.0) for n, t in TERMS.items()}
    for n in (0, 4, 8):
        mates = group == group[n]
        for r in range(1, sketch.regions.n_slots):
            value = {}
            for term, mark in marks.items():
                mean = mark.region[mates, r].mean()
                v = mark.value[n] - mark.sensitivity[n, r] * (mark.region[n, r] - mean)
                value[term] = v.clamp(0, 1)
            lost = (parts[n] - split(value, TERMS)[0]) * scale[n]
            assert scores.credit[n, r].item() == pytest.approx((lost @ weight).item(), abs=1e-4)
    assert scores.credit[:, 1:].abs().max() > 0.01


def test_a_pass_pays_and_a_region_is_credited_for_what_it_alone_decides(drawings):
    reward = TotalReward(TERMS, COMBINATIONS["verified"])
    sketch, group = drawings.repeat(2), torch.arange(5).repeat_interleave(2)
    image = sketch.flats.clone()
    wrong = 2
    image[0, :, sketch.regions.region_index[0] == wrong] = 0.4
    scores = reward.score(image, sketch, group)
    assert scores.total[0] == 0 and (scores.total[1:] == 10).all()
    assert scores.credit[1, wrong] == 10 and scores.credit[1, 1:].sum() == 10


@pytest.mark.parametrize("at_least", [{}, {"acuracy": 0.9}])
def test_thresholds_that_check_nothing_are_refused(at_least):
    with pytest.raises(ValueError, match=r"at_least.*accuracy"):
        TotalReward(TERMS, Combination(partial(verified, at_least=at_least, pays=1.0), None))

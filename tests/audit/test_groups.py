"""Advantages in a group: what normalisation makes of a reward, by name."""

from types import SimpleNamespace

import pytest
import torch

from colorrl.audit import groups
from colorrl.audit.groups import SAMPLES, Groups, advantages, decent_samples, failures
from colorrl.audit.subjects import make_subjects
from colorrl.errors import UserError
from colorrl.learn.advantage import group_normalised
from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.cheats.flat import white_page
from colorrl.rewards.total import TotalReward
from tests.tiny import GATED, composed

ACCURACY = {"accuracy": Accuracy("mean", 1.0, 10.0, 0.5, 2.0)}


def _groups(advantage, decent=True, wrong=True) -> Groups:
    rows = torch.tensor([advantage]).expand(4, -1)
    return Groups(rows, torch.tensor([decent] * 4), torch.tensor([wrong] * 4))


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (_groups([2.0, -1.0, -0.5, -0.5]), {}),
        (_groups([2.0, 0.5, -1.5, -1.0]), {"blur"}),  # encouraged among better samples
        (_groups([2.0, 0.5, -1.5, -1.0], decent=False), {}),  # better than poor samples: no wonder
        (_groups([-0.5, -0.5, 0.6, 0.4]), {"blur", SAMPLES}),  # no worse than the truth
        (_groups([-0.5, -0.5, -0.6, -0.6], wrong=False), {}),  # as good as the truth, and right
        (_groups([0.5, -1.5, 0.6, 0.4]), {SAMPLES}),
    ],
)
def test_failures(found, missed, bars):
    assert set(failures({"blur": found}, bars)) == set(missed)


def test_the_truth_leads_a_white_page_trails(drawings):
    made = torch.stack([drawings.flats, white_page(drawings, None), 0.5 * drawings.flats], 1)
    found = advantages(
        TotalReward(ACCURACY, GATED),
        lambda reward, group: group_normalised(reward, group, eps=1e-4),
        drawings,
        made,
    )
    assert found.shape == (5, 3) and (found.argmax(1) == 0).all()
    torch.testing.assert_close(found.mean(1), torch.zeros(5), atol=1e-5, rtol=0)


def test_decent_samples_are_those_with_most_gold(drawings):
    """A generator whose sample i mixes i parts of white into the truth."""

    def sample(many, seeds):
        share = (torch.arange(len(many)) % 4 / 4)[:, None, None, None]
        return (1 - share) * many.flats + share

    cfg = SimpleNamespace(samples=4, kept=2)
    image, gold = decent_samples(SimpleNamespace(sample=sample), drawings, cfg, 0)
    assert image.shape == (5, 2, *drawings.flats.shape[1:]) and gold.shape == (5, 2)
    torch.testing.assert_close(image[:, 0], drawings.flats)
    assert (gold[:, 0] >= gold[:, 1]).all() and (gold[:, 0] > 0.99).all()


def test_another_size_and_too_few_samples_are_refused(sketches, monkeypatch):
    cfg = composed("audit").groups
    few = make_subjects(TotalReward(ACCURACY, GATED), sketches[:1], 0, torch.device("cpu"))
    monkeypatch.setattr(groups, "load_generator", lambda *_: SimpleNamespace(size=32))
    with pytest.raises(UserError, match="size=32"):
        groups.audit_groups(few, composed("audit").bars, cfg)
    bad = composed("audit", "groups.kept=13").groups
    with pytest.raises(UserError, match=r"groups\.samples=12"):
        groups.audit_groups(few, composed("audit").bars, bad)

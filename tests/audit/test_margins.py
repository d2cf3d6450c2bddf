"""What counts as beaten: a margin in the mean, and a lead wherever the cheat is in fact wrong."""

from dataclasses import replace

import pytest
import torch

from colorrl.audit.margins import TRUTH, audit_cheats, below_of, failures
from colorrl.audit.scoring import Scored, right_share
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.cheats.given import region_colors
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.palette import PaletteAdherence
from colorrl.rewards.reading import paint


def _scored(total, right) -> Scored:
    return Scored(torch.tensor(total), {}, torch.tensor(right), torch.zeros(1, 3, 4, 4))


def _table(**changed) -> dict[str, Scored]:
    beaten = _scored([0.0] * 4, [0.0] * 4)
    return {TRUTH: _scored([1.0] * 4, [1.0] * 4), **dict.fromkeys(CHEATS, beaten), **changed}


def test_a_careless_reward_is_caught_by_a_white_page(subjects, bars):
    """Consistency and palette alone give a white page what they give the truth."""
    careless = {
        "consistency": Consistency("mean", 1.0, 0.1, 15.0, 3.0),
        "palette": PaletteAdherence("mean", 1.0, 1.0, 10.0),
    }
    found = audit_cheats(subjects(careless), bars)
    assert "margin of 0.000" in found.failures["white_page"]
    assert found.figures["white_page/below_truth"] == 0
    assert "noise" not in found.failures
    assert len(found.strips) == len(found.body) == len(CHEATS) + 2


def test_the_margin_is_a_mean_and_nan_is_no_margin(bars):
    assert failures(_table(), bars) == {}
    close = _scored([0.81, 0.81, 0.81, 0.81], [0.0] * 4)
    assert "margin of 0.190" in failures(_table(blur=close), bars)["blur"]
    undefined = _scored([float("nan")] * 4, [0.0] * 4)
    assert set(failures(_table(blur=undefined), bars)) == {"blur"}


def test_the_lead_is_asked_for_where_the_cheat_is_wrong(bars):
    total = [0.0, 0.0, 0.0, 1.0]
    rows = _table(blur=_scored(total, [0.5, 0.5, 0.5, 0.985]))  # right on the last: no need to lose
    assert below_of(rows, "blur", bars.right) == 1 and failures(rows, bars) == {}
    not_told = _table(blur=_scored(total, [0.5, 0.5, 0.5, 0.975]))
    assert "75.0%" in failures(not_told, bars)["blur"]
    assert failures(not_told, replace(bars, below=0.75)) == {}


def test_right_share_counts_open_pixels_and_those_under_ink(drawings):
    """Seen to fail when only open pixels counted: paint under ink was then wrong nowhere."""
    image = drawings.flats.clone()
    image[:, :, :32] = 1 - image[:, :, :32]
    is_open = drawings.regions.label > 0
    top = is_open[:, :32].sum((1, 2)) / is_open.sum((1, 2))
    torch.testing.assert_close(right_share(image, drawings), 1 - top)
    magenta = CHEATS["magenta_under_ink"](drawings, torch.Generator())
    assert (right_share(magenta, drawings) < 0.1).all()
    across = paint(region_colors(drawings), drawings.regions.across)
    known = ~is_open & (drawings.regions.across > 0)
    either = torch.where(known.unsqueeze(1), across, drawings.flats)
    assert (either != drawings.flats).any() and (right_share(either, drawings) == 1).all()


@pytest.mark.parametrize("key", [0, 7])
def test_randomness_is_a_function_of_seed_and_key(subjects, key):
    terms = {"consistency": Consistency("mean", 1.0, 0.1, 15.0, 3.0)}
    first, second = (subjects(terms).score(CHEATS["noise"], key).total for _ in range(2))
    other = subjects(terms).score(CHEATS["noise"], key + 1).total
    assert torch.equal(first, second) and not torch.equal(first, other)

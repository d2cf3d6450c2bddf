"""Search finds what a reward is blind to, and says nothing where it is not."""

from dataclasses import replace

import pytest
import torch

from colorrl.audit import search
from colorrl.audit.search import PAIRS, audit_search, right_of
from colorrl.audit.subjects import make_subjects
from colorrl.config.schema.audit import SearchConfig
from colorrl.metrics import pixel_share
from colorrl.rewards.accuracy import Accuracy
from colorrl.rewards.background import Background
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.cheats.edits import EDITS, FLAT, KNOBS
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.total import TotalReward
from tests.rewards.flat import is_flat
from tests.tiny import GATED

TERMS = {
    "consistency": Consistency("gate", 2.0, 0.1, 15.0, 3.0),
    "background": Background("gate", 2.0, 2.0, 10.0),
    "accuracy": Accuracy("gate", 2.0, 5.0, 0.0, 2.0),
}
CFG = SearchConfig(evaluations=120, sketches=2)


@pytest.fixture(scope="module")
def few(sketches):
    return make_subjects(TotalReward(TERMS, GATED), sketches[1:3], 0, torch.device("cpu"))


def test_a_reward_without_under_ink_is_caught(few, bars):
    """Seen to fail with gold alone, which does not read under ink."""
    found = audit_search(few, replace(bars, cannot_tell={"search_ink": "no term reads it"}), CFG)
    assert set(found.failures) == {"search_ink"} and found.figures["search_ink/holes"] > 0
    assert found.figures[f"search_{PAIRS}/holes"] == 0
    assert len(found.body) == len(found.strips) == len(EDITS) + 1


def test_pairs_are_of_the_edits_that_are_not_listed(few, bars, monkeypatch):
    """Or a listed hole would come back under another name. Seen to fail with all edits in pairs."""
    seen, real = [], search.search

    def kept(subjects, sketch, edits, *rest):
        seen.append(edits)
        return real(subjects, sketch, edits, *rest)

    monkeypatch.setattr(search, "search", kept)
    listed = {f"search_{name}": "not asked" for name in EDITS if name not in ("blank", "rim")}
    audit_search(few, replace(bars, cannot_tell=listed), replace(CFG, evaluations=20))
    paired = {edit for edits in seen if len(edits) == 2 for edit in edits}
    assert paired and paired <= {EDITS["blank"], EDITS["rim"]}


def test_the_same_seed_finds_the_same(few, bars):
    short = replace(CFG, evaluations=40)
    assert audit_search(few, bars, short).figures == audit_search(few, bars, short).figures


@pytest.mark.parametrize("name", EDITS)
def test_edits_are_pictures_and_their_knobs_turn(drawings, name):
    draw = torch.Generator().manual_seed(0)
    luck = torch.rand(len(drawings), *drawings.line.shape[2:], generator=draw)
    knobs = torch.rand(2, len(drawings), KNOBS, generator=draw)
    one, other = (EDITS[name](drawings, drawings.flats, k, luck) for k in knobs)
    assert one.shape == drawings.flats.shape and one.min() >= 0 and one.max() <= 1
    assert ((one - other).abs().amax((1, 2, 3)) > 0.01).all()
    assert torch.equal(one, EDITS[name](drawings, drawings.flats, knobs[0], luck))
    assert is_flat(one, drawings) == (name in FLAT)


def test_a_reward_of_region_exact_colorings_is_searched_with_regions_alone(sketches, bars):
    """Seen to fail with every edit: paint under ink, which it cannot see, was a hole."""
    exact = TotalReward({"accuracy": TERMS["accuracy"]}, GATED, region_exact=True)
    subjects = make_subjects(exact, sketches[1:3], 0, torch.device("cpu"))
    found = audit_search(subjects, bars, replace(CFG, evaluations=40))
    assert [row[0] for row in found.body] == [*FLAT, PAIRS] and found.failures == {}
    assert subjects.cheats.keys() < CHEATS.keys()


def test_right_is_the_least_of_gold_open_and_ink(drawings):
    gold = pixel_share(drawings.flats, drawings)
    torch.testing.assert_close(right_of(drawings.flats, drawings, gold), torch.ones(5))
    magenta = CHEATS["magenta_under_ink"](drawings, torch.Generator())
    torch.testing.assert_close(pixel_share(magenta, drawings), gold)
    assert (right_of(magenta, drawings, gold) < 0.1).all()
    bare = CHEATS["white_page"](drawings, torch.Generator())
    assert (right_of(bare, drawings, gold) < 0.1).all()

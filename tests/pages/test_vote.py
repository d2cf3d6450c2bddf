"""What samples agree on: a vote for each region, and one that has to come out at given shares."""

import itertools

import pytest
import torch

from colorrl.pages.vote import UNHEARD, agreement, keeping_shares, most_agreed

RED, NEARLY, GREEN, BLUE, WHITE = (
    [1.0, 0, 0], [0.99, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [1.0, 1, 1],
)  # fmt: skip
COLORS = torch.tensor([RED, GREEN, BLUE])


def test_agreement_is_the_share_of_the_other_samples():
    draws = torch.tensor([[RED, RED, RED], [RED, NEARLY, BLUE], [BLUE, NEARLY, BLUE]])
    assert agreement(draws, 0).tolist() == [0.5, 1, 0]
    assert agreement(draws, 2).tolist() == [0, 1, 0.5]


def test_a_region_gets_what_most_samples_say():
    draws = torch.tensor([[RED, BLUE, RED], [GREEN, BLUE, RED], [GREEN, RED, GREEN]])
    colors, confidence = most_agreed(draws)
    assert colors.tolist() == [GREEN, BLUE, RED]
    assert confidence.tolist() == [0.5, 0.5, 0.5]


def test_where_none_agree_the_first_sample_counts():
    draws = torch.tensor([[RED], [GREEN], [BLUE]])
    colors, confidence = most_agreed(draws)
    assert colors.tolist() == [RED] and confidence.tolist() == [0]


def test_a_vote_mixes_no_colors():
    draws = torch.rand(8, 40, 3, generator=torch.Generator().manual_seed(1))
    colors, _ = most_agreed(draws)
    assert (draws == colors).all(2).any(0).all()


def test_one_sample_is_its_own_vote():
    colors, confidence = most_agreed(torch.tensor([[RED, BLUE]]))
    assert colors.tolist() == [RED, BLUE] and confidence.isnan().all()


def kept_at(*given, seed=0):
    return keeping_shares(*given, torch.Generator().manual_seed(seed))


def worth(entry, area, share, heard, strength):
    """The goal of `keeping_shares`, written out: entry 0 is bare, entry k is colour k - 1."""
    likelihood = torch.stack(
        [(heard == e).float().mean(0) + UNHEARD for e in range(len(share) + 1)]
    )
    likelihood = likelihood / likelihood.sum(0)
    a = area / area.sum()
    said = sum(a[r].sqrt() * likelihood[e, r].log() for r, e in enumerate(entry))
    areas = torch.tensor([sum(a[r] for r, e in enumerate(entry) if e == k) for k in (1, 2, 3)])
    off = (areas / areas.sum().clamp(min=1e-30) - share).abs().sum()
    return float(said - strength * off)


@pytest.mark.parametrize("strength", [0.5, 10, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_shares_are_kept_as_well_as_the_best_of_all_assignments(strength, seed):
    draw = torch.Generator().manual_seed(seed)
    heard = torch.randint(0, 4, (5, 5), generator=draw)
    area = torch.randint(20, 200, (5,), generator=draw).float()
    truth = torch.randint(1, 4, (5,), generator=draw)
    share = torch.zeros(3).index_add_(0, truth - 1, area) / area.sum()
    share = share + 1e-6  # none is padding
    entries = torch.cat([torch.tensor([WHITE]), COLORS])
    kept = kept_at(entries[heard], area, COLORS, share, strength)
    found = (kept[:, None] == entries).all(2).float().argmax(1).tolist()
    every = itertools.product(range(4), repeat=5)
    best = max(worth(entry, area, share, heard, strength) for entry in every)
    value = worth(found, area, share, heard, strength)
    assert value == pytest.approx(best, abs=1e-3)


def test_shares_decide_where_samples_do_not():
    area = torch.tensor([0.0, 70.0, 20.0, 10.0])  # the first is not counted
    said = torch.tensor([[WHITE, BLUE, RED, RED], [GREEN, RED, BLUE, GREEN]])
    share = torch.tensor([0.7, 0.1, 0.2])
    kept = kept_at(said, area, COLORS, share, 1000)
    assert kept.tolist() == [WHITE, RED, BLUE, GREEN]


def test_shares_are_of_what_is_not_bare():
    area = torch.tensor([50.0, 30.0, 20.0])
    said = torch.tensor([[WHITE, RED, GREEN]])
    share = torch.tensor([0.6, 0.4, 0.0])  # of 50, the third is padding
    assert kept_at(said, area, COLORS, share, 1000).tolist() == said[0].tolist()


def test_weak_shares_leave_the_vote():
    area = torch.tensor([50.0, 50.0])
    said = torch.tensor([[RED, RED]] * 3)
    share = torch.tensor([0.5, 0.5, 0.0])
    assert kept_at(said, area, COLORS, share, 1e-3).tolist() == [RED, RED]
    assert sorted(kept_at(said, area, COLORS, share, 1000).tolist()) == [GREEN, RED]


@pytest.mark.parametrize("area, share", [([0.0, 0.0], [0.5, 0.5, 0]), ([1.0, 2.0], [0.0, 0, 0])])
def test_without_regions_or_palette_the_first_sample_stays(area, share):
    said = torch.tensor([[RED, BLUE], [GREEN, GREEN]])
    kept = kept_at(said, torch.tensor(area), COLORS, torch.tensor(share), 1000)
    assert kept.tolist() == [RED, BLUE]


def test_a_search_that_only_shares_guide_ends():
    """In single precision rounding at this strength takes changes for gains without end."""
    draw = torch.Generator().manual_seed(0)
    area = torch.randint(1, 2000, (60,), generator=draw).float()
    entries = torch.rand(9, 3, generator=draw)
    every = entries[(torch.arange(9)[:, None] + torch.arange(60)) % 9]  # each says something else
    truth = torch.randint(0, 9, (60,), generator=draw)
    share = torch.zeros(9).index_add_(0, truth, area) / area.sum()
    kept = kept_at(every, area, entries, share, 1e4)
    entry = (kept[:, None] == entries).all(2).float().argmax(1)
    off = torch.zeros(9).index_add_(0, entry, area) / area.sum() - share
    assert off.abs().sum() < 1e-3


def test_what_most_samples_say_is_found_among_many_regions():
    """Where it meets the shares; from single samples alone the search ended in worse answers."""
    draw = torch.Generator().manual_seed(3)
    area = torch.randint(20, 2000, (80,), generator=draw).float()
    truth = torch.randint(0, 6, (80,), generator=draw)
    wrong = torch.rand(8, 80, generator=draw) < 0.2
    said = torch.where(wrong, torch.randint(0, 6, (8, 80), generator=draw), truth)
    entries = torch.rand(6, 3, generator=draw)
    share = torch.zeros(6).index_add_(0, truth, area) / area.sum()
    kept = kept_at(entries[said], area, entries, share, 1e4)
    assert ((kept == entries[truth]).all(1) * area).sum() / area.sum() > 0.98


def test_of_no_samples_areas_decide_where_dealing_by_size_fails():
    """3 + 3 against 2 + 2 + 2: the largest first, each where most is left, comes to 7 and 5."""
    area = torch.tensor([3.0, 3.0, 2.0, 2.0, 2.0])
    nobody, share = torch.zeros(0, 5, 3), torch.tensor([0.5, 0.5, 0.0])
    kept = kept_at(nobody, area, COLORS, share, 1)
    red, green = (area[(kept == color).all(1)].sum() for color in COLORS[:2])
    assert red == green > 0

from dataclasses import replace

import torch

from colorrl.rewards.background import Background
from colorrl.rewards.background_prior import BackgroundPrior
from colorrl.rewards.reading import read

TERM = BackgroundPrior(role="gate", weight=1.0, slack=2.0, tau=20.0)


def test_on_white_paper_it_is_what_the_paired_term_is(drawings, reading):
    paired = Background(role="gate", weight=1.0, slack=2.0, tau=20.0)(reading, drawings, 1.0)
    bare = replace(drawings, flats=None, alpha=None, fill=None)
    free = TERM(replace(reading, truth=None), bare, 1.0)
    assert paired.value.max() < 0.95  # the muddle paints the background
    for ours, theirs in zip(
        (free.value, free.region * free.sensitivity, free.sensitivity),
        (paired.value, paired.region * paired.sensitivity, paired.sensitivity),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


def test_a_white_page_cheats_it(drawings):
    page = read(torch.ones_like(drawings.flats), drawings)
    torch.testing.assert_close(TERM(page, drawings, 1.0).value, torch.ones(5))

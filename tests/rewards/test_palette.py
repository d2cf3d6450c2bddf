from dataclasses import replace

import pytest
import torch

from colorrl.color import srgb_to_lab
from colorrl.rewards.palette import PaletteAdherence
from colorrl.rewards.reading import PAPER, read

TERM = PaletteAdherence(role="gate", weight=1.0, slack=1.0, tau=10.0)


def test_value_equals_a_loop(drawings, reading, d00, add_up):
    mark = TERM(reading, drawings, 1.0)
    for n in range(len(drawings)):
        known = [*srgb_to_lab(drawings.palette[n, drawings.share[n] > 0], 1), torch.tensor(PAPER)]
        for r in drawings.regions.weight[n].nonzero().flatten().tolist():
            away = min(d00(reading.center[n, r], entry) for entry in known)
            expected = torch.tensor(-max(0.0, away - 1) / 10).exp()
            torch.testing.assert_close(mark.region[n, r], expected, atol=1e-3, rtol=0)
    torch.testing.assert_close(mark.value, add_up(mark), atol=1e-5, rtol=0)
    assert mark.value.min() > 0.1 and mark.value.max() < 0.95  # the muddle tests something


def test_padding_is_no_palette_entry(drawings):
    # Padded entries are black, and fish's palette of two is padded to four.
    black = TERM(read(torch.zeros_like(drawings.flats), drawings), drawings, 1.0).value
    assert black[2] < 0.1


def test_an_empty_palette_asks_for_nothing(drawings, reading):
    asked = drawings.share * torch.tensor([0.0, 1, 1, 1, 1]).unsqueeze(1)
    value = TERM(reading, replace(drawings, share=asked), 1.0).value
    assert value[0] == 1 and (value[1:] < 0.95).all()


def test_no_palette_is_refused_by_name(drawings, reading):
    with pytest.raises(ValueError, match="얼굴"):
        TERM(reading, replace(drawings, palette=None, share=None), 1.0)

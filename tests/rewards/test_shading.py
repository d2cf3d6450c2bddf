import pytest
import torch

from colorrl.color import lab_to_srgb, srgb_to_lab
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.reading import read
from colorrl.rewards.shading import Shading

TERM = Shading("gate", 1.0, 8.0, 30.0, 5.0, smooth=2.0, sharp=10.0, edges=0.05, roughness=0.2)
FLAT = Consistency("gate", 1.0, 0.1, 15.0, 3.0)


def _value(image, sketch, term=TERM):
    return term(read(image, sketch), sketch, 1.0).value


def _darker(image, by, where):
    """``image`` less ``by`` of L* where ``where``, hue kept."""
    lab = srgb_to_lab(image, 1)
    lab[:, :1] -= by * where
    return lab_to_srgb(lab, 1).clamp(0, 1)


def test_value_equals_a_loop_over_regions(drawings, reading, add_up):
    mark = TERM(reading, drawings, 1.0)
    torch.testing.assert_close(mark.value, add_up(mark), atol=1e-5, rtol=0)
    for n, r in ((0, 3), (1, 2), (3, 4)):
        inside = drawings.regions.label[n] == r
        lab, center = reading.lab[n], reading.center[n, r]
        jumps, inlier = [], []
        for y, x in inside.nonzero().tolist():
            pixel = lab[:, y, x]
            hue = ((pixel[1:] - center[1:]).square().sum()
                   - (pixel[1:].norm() - center[1:].norm()) ** 2).clamp(min=0).sqrt()  # fmt: skip
            off = max(0.0, hue.item() - 8) + max(0.0, abs((pixel[0] - center[0]).item()) - 30)
            inlier.append(torch.tensor(-off / 5).exp().item())
            for j, i in ((y + 1, x), (y, x + 1)):
                if j < 64 and i < 64 and inside[j, i]:
                    jumps.append(min(1.0, max(0.0, ((lab[:, j, i] - pixel).norm().item() - 2) / 8)))
        rough = max(0.0, sum(jumps) / len(jumps) - 0.05)
        expected = sum(inlier) / len(inlier) * torch.tensor(-rough / 0.2).exp().item()
        assert mark.region[n, r].item() == pytest.approx(expected, abs=1e-3)


def test_a_cel_shadow_and_a_soft_one_are_no_inconsistency(drawings):
    below = torch.zeros(64, 64)
    below[44:] = 1.0
    slope = torch.linspace(0, 20, 64).view(64, 1)
    for image in (_darker(drawings.flats, 15, below), _darker(drawings.flats, 1, slope)):
        # Shaded as the flats are; consistency counts it as wrong.
        assert _value(image, drawings).mean() > 0.93
        assert _value(image, drawings, FLAT).mean() < 0.9
    torch.testing.assert_close(_value(drawings.flats, drawings), torch.ones(5))


def test_noise_checkers_and_stripes_are_not_shading(drawings):
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    for pattern in ((y + x) % 2, (y // 2 + x // 2) % 2, (x // 2) % 2):
        assert _value(_darker(drawings.flats, 15, pattern), drawings).mean() < 0.6
    noise = torch.randn(drawings.flats.shape, generator=torch.Generator().manual_seed(0))
    assert _value((drawings.flats + 8 / 255 * noise).clamp(0, 1), drawings).mean() < 0.4


def test_another_hue_and_too_deep_a_shadow_are_not_shading(drawings):
    # A quarter of each region, so that its median stays.
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    quarter = (((y // 8 + x // 8) % 4) == 0).float()
    turned = torch.where(quarter > 0, drawings.flats.roll(1, 1), drawings.flats)
    assert (
        _value(turned, drawings).mean()
        < _value(_darker(drawings.flats, 15, quarter), drawings).mean()
    )
    deep, fair = (_value(_darker(drawings.flats, by, quarter), drawings) for by in (60, 25))
    assert (deep < fair).all()

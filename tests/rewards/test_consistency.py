import pytest
import torch

from colorrl.rewards.consistency import Consistency
from colorrl.rewards.reading import read

TERM = Consistency(role="gate", weight=1.0, slack=1.0, tau_start=15.0, tau_end=3.0)


@pytest.mark.parametrize(("progress", "tau"), [(0.0, 15.0), (0.5, 45**0.5), (1.0, 3.0)])
def test_value_equals_a_loop(drawings, reading, add_up, progress, tau):
    mark = TERM(reading, drawings, progress)
    for n in range(len(drawings)):
        value = 0.0
        for r in drawings.regions.weight[n].nonzero().flatten().tolist():
            pixels = reading.lab[n][:, drawings.regions.label[n] == r].T
            away = (pixels - reading.center[n, r]).norm(dim=1)
            inlier = torch.exp(-(away - 1).clamp(min=0) / tau).mean()
            torch.testing.assert_close(mark.region[n, r], inlier, atol=1e-5, rtol=0)
            value += drawings.regions.weight[n, r] * inlier
        torch.testing.assert_close(mark.value[n], value, atol=1e-5, rtol=0)
    torch.testing.assert_close(mark.value, add_up(mark), atol=1e-5, rtol=0)


def test_noise_in_the_background_is_not_its_business(drawings):
    background = drawings.regions.label == drawings.regions.background.view(-1, 1, 1)
    noisy = torch.where(background.unsqueeze(1), torch.rand(5, 3, 64, 64), drawings.flats)
    value = TERM(read(noisy, drawings), drawings, 1.0).value
    torch.testing.assert_close(value, torch.ones(5))


def test_noise_and_two_tones_cost(drawings):
    def value(image):
        return TERM(read(image.clamp(0, 1), drawings), drawings, 1.0).value

    noise = torch.randn(drawings.flats.shape, generator=torch.Generator().manual_seed(0))
    faint, strong = (value(drawings.flats + sd / 255 * noise) for sd in (4, 16))
    assert (strong < faint).all() and (faint < 0.95).all() and (strong < 0.4).all()
    striped = drawings.flats.clone()
    striped[:, :, ::2] *= 0.6
    assert (value(striped) < 0.8).all()

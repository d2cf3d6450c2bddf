import torch

from colorrl.rewards.leakage import Leakage
from colorrl.rewards.reading import paint, read, region_mean

TERM = Leakage(role="gate", weight=1.0, margin=2.0)


def test_value_equals_a_loop(drawings, reading, add_up):
    mark = TERM(reading, drawings, 1.0)
    for n in range(len(drawings)):
        label, across = drawings.regions.label[n], drawings.regions.across[n]
        leaks = band = 0
        for y, x in ((label > 0) & (across > 0)).nonzero().tolist():
            pixel, center = reading.lab[n, :, y, x], reading.center[n]
            own = (pixel - center[label[y, x]]).norm()
            leaks += bool((pixel - center[across[y, x]]).norm() + 2 < own)
            band += 1
        assert abs(mark.value[n].item() - (1 - leaks / band)) < 1e-5
    assert mark.value.max() < 0.999  # every muddle leaks
    torch.testing.assert_close(mark.value, add_up(mark), atol=1e-5, rtol=0)


def test_the_neighbors_color_leaks_and_a_gradient_does_not(drawings):
    regions = drawings.regions
    # Colour from across the line on the band's odd rows: half the band, whatever its width.
    rows = (torch.arange(64) % 2 == 1).view(1, 64, 1)
    bled = torch.where(
        ((regions.across > 0) & rows).unsqueeze(1),
        paint(region_mean(drawings.flats, regions), regions.across),
        drawings.flats,
    )
    # Regions wholly inside the band (eyes) take the stripes' median for their own colour.
    assert (TERM(read(bled, drawings), drawings, 1.0).value < 0.75).all()
    slope = drawings.flats * torch.linspace(0.9, 1.0, 64)
    assert (TERM(read(slope, drawings), drawings, 1.0).value > 0.97).all()


def test_one_color_everywhere_has_no_leak(drawings):
    gray = torch.full_like(drawings.flats, 0.5)
    torch.testing.assert_close(TERM(read(gray, drawings), drawings, 1.0).value, torch.ones(5))

"""Rank correlation of predicted with last rewards, and pages snapped to the palette."""

import torch

from colorrl.planning.diagnostic import AS_PREDICTED, SNAPPED, foretold, rank_correlations
from colorrl.planning.pages import snapped_to_palette
from tests.task.rewards import reward
from tests.tiny import network, sampler


def test_the_last_prediction_is_the_page(small_drawings):
    """The last step is deterministic and ends at its prediction, so its correlation is 1."""
    found = foretold(network("region"), small_drawings, sampler(), reward("free"), 5, 2)
    assert list(found) == [AS_PREDICTED, SNAPPED]
    for predicted, last in found.values():
        assert predicted.shape == (4, 5, 4) and last.shape == (4, 5)
        torch.testing.assert_close(predicted[..., -1], last, atol=1e-6, rtol=0)


def test_rank_correlation_by_hand():
    """Seen to fail with Pearson's correlation."""
    last = torch.tensor([[1.0, 2.0, 3.0, 10.0], [1.0, 1.0, 1.0, 1.0]])
    predicted = torch.stack([last**3, -last, torch.ones_like(last)], 2)
    found = rank_correlations(predicted, last)
    torch.testing.assert_close(found[0, :2], torch.tensor([1.0, -1.0]))
    assert found[0, 2].isnan() and found[1].isnan().all()


def test_the_truth_snaps_to_itself(small_drawings):
    """Noise that is small beside the palette's distances changes nothing.

    Seen to fail with the background snapped too. Regions that are bare in truth have no entry.
    """
    noise = 0.02 * torch.randn(small_drawings.flats.shape, generator=torch.Generator())
    found = snapped_to_palette((small_drawings.flats + noise).clamp(0, 1), small_drawings)
    painted = small_drawings.alpha.expand_as(found) > 0
    outside = small_drawings.regions.region_index == small_drawings.regions.background.view(
        -1, 1, 1
    )
    same = painted | outside[:, None]
    torch.testing.assert_close(found[same], small_drawings.flats[same], atol=1e-6, rtol=0)

"""Figures of an update: regions by their size, and how far a group's colourings differ."""

from types import SimpleNamespace

import torch

from colorrl.training.rollout_metrics import by_size, diversity
from colorrl.types import Scores
from tests.tiny import network, sampler


def test_regions_by_size():
    """Of 1,000 pixels: ink, paper, a region of 9, one of 10. Seen to fail with the paper in."""
    area = torch.tensor([[50.0, 700.0, 9.0, 10.0], [50.0, 700.0, 250.0, 0.0]])
    regions = SimpleNamespace(
        area=area, background=torch.tensor([1, 1]), region_index=torch.zeros(2, 10, 100)
    )
    reading = torch.tensor([[9.0, 9, 0.2, 0.4], [9, 9, 0.6, 0.8], [9, 9, 0.5, 9], [9, 9, 0.7, 9]])
    scores = Scores(torch.zeros(4), torch.zeros(4), {}, {"accuracy": reading}, torch.zeros(4, 4))
    found = by_size(regions, scores)
    assert found.keys() == {"region/accuracy_small", "region/accuracy_large"}
    small, large = found["region/accuracy_small"], found["region/accuracy_large"]
    assert small[:2].tolist() == reading[:2, 2].tolist() and small[2:].isnan().all()
    torch.testing.assert_close(large, torch.tensor([0.4, 0.8, 0.5, 0.7]))


def test_diversity_is_that_within_groups(small_drawings):
    """Sketches that differ are not diversity: seen to fail with the spread over all rows."""
    from tests.policy.test_rollout import rollout_of

    rollout = rollout_of(network("region"), small_drawings, sampler())
    spread = diversity(rollout)
    assert spread.shape == (4,) and (spread > 0.001).all()
    same = rollout.image.unflatten(0, (4, 3))[:, :1].expand(-1, 3, -1, -1, -1).flatten(0, 1)
    collapsed = SimpleNamespace(image=same, sketch=rollout.sketch)
    assert diversity(collapsed).max() < 1e-6

"""Figures of an update: regions by their size, and how far a group's colourings differ."""

from types import SimpleNamespace

import pytest
import torch

from colorrl.training.rollout_metrics import by_size, diversity, rewarded
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


def test_every_term_has_a_column_over_all_processes():
    """Two micro-batches of one group of two each, and as many rows from another process.

    Seen to fail with the total in the terms' place, with the first micro-batch alone, with rows of
    this process alone, and with the spread over all rows.
    """

    def of(total, accuracy, reading):
        readings = torch.tensor(reading)[:, None].expand(-1, 3)
        return Scores(
            torch.tensor(total), torch.zeros(2), {"accuracy": torch.tensor(accuracy)},
            {"accuracy": readings}, torch.zeros(2, 3),
        )  # fmt: skip

    regions = SimpleNamespace(
        area=torch.tensor([[0.0, 900.0, 100.0]]),
        background=torch.tensor([1]),
        region_index=torch.zeros(1, 10, 100),
    )
    image = torch.zeros(2, 3, 10, 100)
    image[1] = 0.5
    sketch = type("One", (), {"regions": regions, "__len__": lambda self: 1})()
    rollouts = [SimpleNamespace(group_size=2, sketch=sketch, image=image)] * 2
    scores = [of([0.0, 1.0], [0.2, 0.4], [0.1, 0.3]), of([0.5, 0.5], [0.6, 0.8], [0.5, 0.7])]
    figures, values = rewarded(rollouts, scores, lambda rows: torch.cat([rows, rows + 1]))
    torch.testing.assert_close(
        values["reward/accuracy"], torch.tensor([0.2, 0.4, 0.6, 0.8, 1.2, 1.4, 1.6, 1.8])
    )
    assert values.keys() == {"reward/total", "reward/accuracy"}
    assert figures["reward/total"] == pytest.approx(1.0)
    assert figures["reward/accuracy"] == pytest.approx(1.0)
    assert figures["region/accuracy_large"] == pytest.approx(0.9)
    assert figures["region/accuracy_small"] != figures["region/accuracy_small"]  # NaN: none
    assert figures["reward/std"] == pytest.approx(0.5**0.5 / 2)
    assert figures["group/zero_std_frac"] == pytest.approx(0.5)
    assert figures["group/diversity"] == pytest.approx(0.75)

"""Statistics that remember: by hand, and after a resume."""

import copy
import math

import pytest
import torch

from colorrl.learn.running_baselines import EmaBaseline, SketchStatistics


def tensor(*values):
    return torch.tensor(values)


def test_statistics_of_a_sketch_by_hand():
    """Counted in before it is measured, as DDPO does. Seen to fail with the batch's statistics."""
    found = SketchStatistics(size=4, min_count=3, eps=0.0)
    # too few of either: the whole batch stands in, mean 0.4, std sqrt(0.1)
    first = found(tensor(0.0, 0.4, 0.8), tensor(7, 3, 7))
    torch.testing.assert_close(first, tensor(-0.4, 0.0, 0.4) / math.sqrt(0.32 / 3))
    # sketch 7 now has 0, 0.8, 0.2, 0.6: mean 0.4, std sqrt(0.1); 3 has 0.4, 0.6
    second = found(tensor(0.2, 0.6, 0.6), tensor(7, 7, 3))
    batch = (tensor(0.6) - 1.4 / 3) / tensor(0.2, 0.6, 0.6).std(correction=0)
    exact = torch.cat([tensor(-0.2, 0.2) / math.sqrt(0.1), batch])
    torch.testing.assert_close(second, exact)
    # the latest four alone: 0.2, 0.6, 1, 1
    third = found(tensor(1.0, 1.0), tensor(7, 7))
    torch.testing.assert_close(
        third, tensor(0.3, 0.3) / tensor(0.2, 0.6, 1.0, 1.0).std(correction=0)
    )


def test_sketches_do_not_mix_and_order_does_not_matter():
    """Keyed by id: seen to fail with one key for all."""
    one, other = (SketchStatistics(8, 2, 1e-4) for _ in range(2))
    reward, key = torch.rand(12, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 3
    shuffle = torch.randperm(12, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(other(reward[shuffle], key[shuffle]), one(reward, key)[shuffle])
    moved = reward + 10 * (key == 2)
    apart = SketchStatistics(8, 2, 1e-4)(moved, key)
    torch.testing.assert_close(
        apart, SketchStatistics(8, 2, 1e-4)(reward, key), rtol=1e-3, atol=1e-3
    )


def test_equal_rewards_give_exactly_zero():
    found = SketchStatistics(32, 4, 1e-4)
    for value in torch.linspace(0.1, 0.9, 20):
        assert torch.equal(SketchStatistics(32, 4, 1e-4)(value.repeat(30), tensor(5).repeat(30)),
                           torch.zeros(30))  # fmt: skip
    with pytest.raises(ValueError, match=r"\[1\]"):
        found(tensor(0.0, math.nan), tensor(1, 1))
    with pytest.raises(ValueError, match="min_count"):
        SketchStatistics(4, 8, 1e-4)


def test_the_memory_survives_a_resume():
    found, resumed = SketchStatistics(8, 2, 1e-4), SketchStatistics(8, 2, 1e-4)
    found(tensor(0.1, 0.2, 0.7), tensor(1, 1, 2))
    resumed.load_state_dict(copy.deepcopy(found.state_dict()))
    later = (tensor(0.5, 0.3), tensor(2, 1))
    assert torch.equal(found(*later), resumed(*later))
    fresh = SketchStatistics(8, 2, 1e-4)
    assert not torch.equal(fresh(*later), found(*later))


@pytest.mark.parametrize("decay", [-0.5, 1.0, 1.5])
def test_a_decay_out_of_range_is_refused(decay):
    """Seen to fail with either bound left out."""
    with pytest.raises(ValueError, match="decay must lie in"):
        EmaBaseline(decay)

"""What an advantage is measured against: the samples of its own sketch."""

from types import SimpleNamespace

import torch

from colorrl.learn.advantage import group_centred
from colorrl.learn.estimators import ImageEstimator

ALONE = SimpleNamespace(gather=lambda x: x, local_rows=lambda x: x)


def test_samples_are_measured_against_those_of_their_own_sketch():
    """Two micro-batches of one and two sketches, three samples each, rewards of two steps.

    Seen to fail with groups swapped across sketches: every second row in a group.
    """
    earned = torch.randn(9, 2, generator=torch.Generator().manual_seed(0))
    rollouts = [SimpleNamespace(group_size=3)] * 2
    found, _ = ImageEstimator(group_centred)(rollouts, [earned[:3], earned[3:]], ALONE)
    total = earned.sum(1).view(3, 3)
    wanted = (total - total.mean(1, keepdim=True)).flatten()
    assert [len(part) for part in found] == [3, 6]
    torch.testing.assert_close(torch.cat(list(found)), wanted)

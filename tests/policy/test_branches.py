"""Rollouts whose samples share their first steps."""

import pytest
import torch

from colorrl.policy.action import PaletteChoice, RegionColors
from tests.policy.test_rollout import densities, rollout_of
from tests.tiny import network, sampler

BRANCHES = {
    "whole": sampler(branches=(2, 1, 2)),
    "means": sampler(branches=(1, 4), action=RegionColors()),
    "entries": sampler("ode", branches=(2, 2), action=PaletteChoice()),
}


@pytest.mark.parametrize("how", BRANCHES)
def test_branches_share_their_states_and_the_first_ratio_is_one(small_drawings, how):
    """As many states as chains that differ, each with one prediction, in sampling and in scoring.

    Seen to fail with every chain's own seed.
    """
    policy, sketch, walk = network("region"), small_drawings.select([0, 1]), BRANCHES[how]
    asked = []
    of_one = type(policy).predict_mix

    def counted(self, x, *rest, **more):
        asked.append(len(x))
        return of_one(self, x, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(policy), "predict_mix", counted)
        rollout = rollout_of(policy, sketch, walk, group=8)
        drawn = asked.copy()
        again = densities(policy, rollout, walk)
    assert torch.equal(again, rollout.logp[:, rollout.stochastic])
    chains = walk.chains(8)
    assert rollout.chains == chains and chains[-1] == 8
    assert drawn == [2 * n for n in chains[:-1]]
    assert asked[len(drawn) :] == [2 * chains[k] for k in rollout.stochastic.nonzero().flatten()]
    for k, n in enumerate(chains):
        of_first = rollout.state[:8, k]
        assert len(of_first.unique(dim=0)) == n
        assert torch.equal(of_first, of_first[:: 8 // n].repeat_interleave(8 // n, 0))


def test_a_tree_s_first_sample_is_the_plain_one(small_drawings):
    """Its seeds are its own throughout. 1e-5: other batch sizes round otherwise."""
    policy, sketch = network("region"), small_drawings.select([0])
    plain, tree = (rollout_of(policy, sketch, w, 4) for w in (sampler(), sampler(branches=(2, 2))))
    torch.testing.assert_close(tree.state[0], plain.state[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("branches", "fault"),
    [((3,), "no multiple"), ((0,), "at least 1"), ((1, 1, 1, 2), "step 4 draws nothing"),
     ((1,) * 5, "at most n_steps=4")],
)  # fmt: skip
def test_branches_that_cannot_be(branches, fault):
    with pytest.raises(ValueError, match=fault):
        sampler(branches=branches).chains(8)

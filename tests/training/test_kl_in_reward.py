"""A KL in the reward reaches every kind of advantage, and is a mean over the steps that draw."""

import pytest
import torch

from colorrl.learn.kl import exact
from colorrl.learn.policy_gradient import divergences
from colorrl.training.state import Training
from colorrl.types import Scores
from tests.policy.test_rollout import rollout_of
from tests.tiny import network, perturbed, sampler, train_config
from tests.updates import SMALL, advantages_of

COEF = 1e4


@pytest.fixture(scope="module")
def moved(small_drawings):
    """A policy away from its start, and what it sampled at two steps of four."""
    start = network("region")
    policy, walk = perturbed(start, 3e-3), sampler("window")
    return start, policy, walk, rollout_of(policy, small_drawings.select([0, 1]), walk)


@pytest.fixture
def run_of(run_inputs, tmp_path, moved):
    """Makes a run at the moved policy, with ``words``."""

    def make(*words):
        cfg = train_config(run_inputs, tmp_path, *SMALL, "trainer.group_size=3", *words)
        run = Training(cfg)
        run.reference, run.policy, run.sampler, _ = moved
        return run

    return make


def advantages(run, rollout):
    """Of pictures that all earn the same: what is left is the KL's doing."""
    n, slots = rollout.count.shape
    even = Scores(torch.ones(n), torch.ones(n), {}, {}, torch.zeros(n, slots))
    (found,), figures = advantages_of(run, [rollout], [even])
    return found, figures


@pytest.mark.parametrize("credit", ["image", "region", "mix"])
def test_it_reaches_the_advantage_of_every_credit(run_of, moved, credit):
    """Samples that went farther from the start get less, by region where credit is.

    Seen to fail with the KL in the scalar advantage alone (region), and with it ignored (all).
    """
    rollout = moved[3]
    words = ["learn=rloo", "learn/kl=exact", "learn.kl.where=reward", f"learn.credit={credit}"]
    found, _ = advantages(run_of(*words, f"learn.kl.coef={COEF}"), rollout)
    nats = divergences(moved[1], moved[0], rollout, moved[2], exact).sum(1)  # (N, R+1)
    paid = nats.sum(1) if credit == "image" else nats
    apart = paid.unflatten(0, (2, 3)) - paid.unflatten(0, (2, 3)).mean(1, keepdim=True)
    got = found.unflatten(0, (2, 3))
    got = got - got.mean(1, keepdim=True)
    if credit == "mix":  # half is the image's, the same for all regions of a sample
        exists = (rollout.count > 0).unflatten(0, (2, 3)).float()
        got, apart = (
            v * exists - (v * exists).sum(2, keepdim=True) / exists.sum(2, keepdim=True) * exists
            for v in (got, apart)
        )
    assert torch.nn.functional.cosine_similarity(got.flatten(), -apart.flatten(), 0) > 0.99
    none, _ = advantages(run_of(*words, "learn.kl.coef=0"), rollout)
    assert not none.any()


def test_it_is_a_mean_over_the_steps_that_draw(run_of, moved):
    """Two of four here. Seen to fail with all four steps for a divisor."""
    start, policy, walk, rollout = moved
    run = run_of("learn=rloo", "learn/kl=exact", "learn.kl.where=reward", "learn.kl.coef=1")
    (paid,), _ = run.penalty.paid(run.actor, [rollout], run.processes.gather)
    nats = divergences(policy, start, rollout, walk, exact)
    per_dimension = nats / rollout.count.sum(1)[:, None, None]
    torch.testing.assert_close(paid.sum(1), per_dimension[:, rollout.stochastic].mean(1))
    assert int(rollout.stochastic.sum()) == 2 and paid.shape[1] == 4
    _, figures = advantages(run, rollout)
    assert figures["policy/kl_reward"] == pytest.approx(float(paid.sum((1, 2)).mean()))

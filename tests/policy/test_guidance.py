"""Classifier-free guidance: what it predicts, and that sampling and learning predict alike."""

from dataclasses import replace
from functools import partial

import pytest
import torch

from colorrl.learn.forward_process import forward_process_loss, nft
from colorrl.learn.policy_gradient import policy_gradient_loss
from colorrl.learn.reward_gradient import replay_end
from colorrl.policy.guidance import Guided, guided
from colorrl.policy.pipeline import load_generator, ode_sample, save_generator
from colorrl.policy.transition import time_grid
from tests.policy.test_rollout import PPO, rollout_of
from tests.tiny import NETWORKS, network, perturbed, sampler

STRENGTH = 1.5
LOSS = partial(nft, beta=0.5, advantage_range=2.0)


@pytest.fixture(scope="module")
def hinted(small_drawings):
    """Two drawings with a palette and a hint."""
    two = small_drawings.select([0, 1])
    hint = torch.zeros(2, 4, 32, 32)
    hint[:, :, 12:20, 12:20] = torch.tensor([0.9, 0.1, 0.2, 1.0]).view(1, 4, 1, 1)
    return replace(two, hint=hint)


@pytest.mark.parametrize("kind", NETWORKS)
def test_it_goes_past_what_is_told(hinted, kind):
    """without + g (with - without). Seen to fail with the two exchanged, and with the hint kept."""
    policy, x, t = network(kind), torch.randn(2, 3, 32, 32), torch.full((2,), 0.7)
    bare = replace(hinted, share=torch.zeros_like(hinted.share), hint=None)
    conditioned, alone = (policy.predict(x, t, policy.encode(s)) for s in (hinted, bare))
    assert (conditioned - alone).abs().max() > 1e-3
    for strength in (0.0, 0.5, 3.0):
        acting = Guided(policy, strength)
        found = acting.predict(x, t, acting.encode(hinted))
        torch.testing.assert_close(
            found, alone + strength * (conditioned - alone), rtol=0, atol=1e-5
        )


def test_one_is_the_policy_itself():
    """No second prediction is paid for. Seen to fail with Guided(policy, 1)."""
    policy = network("region")
    assert guided(policy, 1.0) is policy and guided(policy, STRENGTH) is not policy


def test_a_code_is_repeated_as_a_policy_s_own(hinted):
    acting = Guided(network("region"), STRENGTH)
    encoding = acting.encode(hinted).repeat(2)
    assert torch.equal(
        encoding.conditioned.token[:2], encoding.conditioned.token[:1].repeat(2, 1, 1)
    )
    assert not torch.equal(encoding.conditioned.token[0], encoding.unconditioned.token[0])
    assert len(encoding.unconditioned.token) == 4


def losses(policy, before, rollout, walk):
    """What each kind of loss reads of a rollout."""
    advantage = torch.linspace(-1, 1, len(rollout.image))
    yield policy_gradient_loss(
        policy, before, rollout, advantage, walk, PPO, lambda p, q, c: c, 1.0
    ).loss
    yield forward_process_loss(policy, before, rollout, advantage, walk, LOSS).loss
    yield (replay_end(policy, rollout, walk, 2) * torch.linspace(0, 1, 32)).sum()


def test_sampler_and_losses_all_guide(hinted):
    """A sampler's guidance is that of the policy and of the start, wherever they predict.

    Seen to fail with the line taken out of replay, of replay_end, of regress and of sample_rollout.
    """
    plain = sampler("cps")
    strong = replace(plain, guidance=STRENGTH)
    start = network("region")
    rollout = rollout_of(start, hinted, strong)
    again = rollout_of(Guided(start, STRENGTH), hinted, plain)
    assert torch.equal(rollout.state, again.state) and torch.equal(rollout.logp, again.logp)
    assert not torch.equal(rollout.state, rollout_of(start, hinted, plain).state)
    gradients = []
    for walk, made in ((strong, lambda p: p), (plain, lambda p: Guided(p, STRENGTH))):
        moved = perturbed(start, 1e-3).requires_grad_(True)
        for loss in losses(made(moved), made(start), rollout, walk):
            moved.zero_grad(set_to_none=True)
            loss.backward()
            grads = [p.grad.flatten() for p in moved.parameters() if p.grad is not None]
            gradients.append(torch.cat(grads))
    for mine, theirs in zip(gradients[:3], gradients[3:], strict=True):
        assert mine.norm() > 0 and torch.equal(mine, theirs)
    assert torch.equal(replay_end(start, rollout, strong, 2), rollout.image)


def test_a_generator_remembers_its_guidance(tmp_path, hinted):
    """One saved before there was any has 1. Seen to fail with sample on the bare network."""
    settings = {"n_steps": 2, "shift": 3.0, "rho": 0.5}
    save_generator(tmp_path / "strong", network("region"), **settings, guidance=STRENGTH)
    save_generator(tmp_path / "plain", network("region"), **settings)
    index = tmp_path / "plain" / "model_index.json"
    index.write_text(index.read_text().replace('"guidance": 1.0,', ""))
    strong, plain = (load_generator(str(tmp_path / n)) for n in ("strong", "plain"))
    assert (strong.config.guidance, plain.config.guidance) == (STRENGTH, 1.0)
    seeds = torch.arange(2)
    acting = Guided(plain.network, STRENGTH)
    expected = ode_sample(acting, hinted, time_grid(2, 3.0), 0.5, seeds)
    assert torch.equal(strong.sample(hinted, seeds), expected)
    assert not torch.equal(plain.sample(hinted, seeds), expected)

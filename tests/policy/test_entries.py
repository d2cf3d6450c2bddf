"""Choosing palette entries: the draws' frequencies, their probabilities and divergences."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch
from hydra.utils import instantiate
from torch.distributions import Categorical, kl_divergence

from colorrl.data.load import load_pools
from colorrl.errors import UserError
from colorrl.policy.action import PaletteChoice
from colorrl.policy.distribution import PaletteEntries
from colorrl.policy.entries import draw_entries, kl_entries, logp_entries
from colorrl.policy.pipeline import save_generator
from colorrl.policy.rollout import Sampler, sample_rollout
from colorrl.training.state import Training
from tests import tiny
from tests.updates import SMALL, assert_ratio_one, assert_resumes, first_parts, started


@pytest.fixture
def log_share():
    """(2, 3, 5): five entries, of which the second row lacks the last two."""
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    logits[1, :, 3:] = -torch.inf
    return logits.log_softmax(2)


def test_entries_come_as_often_as_they_say(log_share):
    n = 4000
    drawn = draw_entries(log_share[:1].expand(n, -1, -1), torch.arange(n))
    often = torch.nn.functional.one_hot(drawn, 5).double().mean(0)
    wanted = log_share[0].double().exp()
    error = (wanted * (1 - wanted) / n).sqrt()
    assert ((often - wanted).abs() < 4 * error).all()


def test_a_draw_is_of_its_seed_alone(log_share):
    """Not of batch mates, nor of how far regions and palette are padded."""
    seeds = torch.tensor([5, 9])
    both = draw_entries(log_share, seeds)
    alone = draw_entries(log_share[1:], seeds[1:])
    wide = torch.full((2, 70, 8), -torch.inf)
    wide[:, :, 0] = 0.0
    wide[:, :3] = torch.cat([log_share, torch.full((2, 3, 3), -torch.inf)], 2)
    assert (both[1:] == alone).all() and (draw_entries(wide, seeds)[:, :3] == both).all()
    never = draw_entries(log_share[1:].expand(500, -1, -1), torch.arange(500))
    assert (never < 3).all()


def test_the_divergence_of_a_step_is_of_the_regions_that_exist(log_share):
    """Seen to fail with those that do not."""

    def law(shares):
        mix = SimpleNamespace(log_share=shares)
        positions = torch.tensor([[0.0, 9.0, 4.0], [3.0, 0.0, 1.0]])
        return PaletteEntries(None, mix, None, SimpleNamespace(positions=positions))

    other = log_share.roll(1, 1)
    found = law(log_share).kl(law(other))
    exists = torch.tensor([[False, True, True], [True, False, True]])
    torch.testing.assert_close(found, kl_entries(log_share, other, exists))
    assert (found[exists] > 0).all()
    entry = torch.tensor([[4, 0, 1], [2, 2, 0]])
    scored = law(log_share).log_prob(entry)
    torch.testing.assert_close(scored, logp_entries(log_share, entry, exists))


def test_probabilities_and_divergence_are_torch_s(log_share):
    exists = torch.tensor([[True, True, False], [True, False, True]])
    entry = torch.tensor([[4, 0, 1], [2, 2, 0]])
    law = Categorical(logits=log_share)
    found = logp_entries(log_share, entry, exists)
    torch.testing.assert_close(found, torch.where(exists, law.log_prob(entry), 0.0))
    other = log_share.roll(1, 1)
    apart = kl_entries(log_share, other, exists)
    wanted = kl_divergence(law, Categorical(logits=other))
    torch.testing.assert_close(apart, torch.where(exists, wanted, 0.0))
    learned = log_share.clone().requires_grad_()
    kl_entries(learned, other, exists).sum().backward()
    assert learned.grad.isfinite().all()


@pytest.mark.parametrize("kind", ["ode", "cps"])
def test_a_rollout_ends_in_the_colors_chosen(small_drawings, kind):
    network = tiny.perturbed(tiny.network("region"), 0.3)
    sampler = Sampler(kind, 3, 0.0 if kind == "ode" else 0.7, 1.0, 0.5, action=PaletteChoice())
    seeds = torch.arange(8)
    rollout = sample_rollout(network, small_drawings, 2, seeds, sampler, keep_x0=True)
    assert rollout.stochastic.all() and rollout.choice.shape == rollout.logp.shape
    exists = rollout.count > 0
    assert ((rollout.logp < 0) == exists[:, None]).all()
    encoding = network.encode(small_drawings).repeat(2)
    mix = network.predict_mix(rollout.state[:, 2], torch.full((8,), 1 / 3), encoding)
    assert torch.equal(mix.chosen(rollout.choice[:, 2]), rollout.state[:, 3])


def test_each_step_draws_its_own_entries(small_drawings):
    """By steps and samples. Seen to fail with the number of the first step at all steps."""
    network = tiny.perturbed(tiny.network("region"), 0.0)
    with torch.no_grad():  # every entry as likely as another, so that draws differ by their numbers
        network.query.weight.zero_()
        network.query.bias.zero_()
    sampler = Sampler("ode", 4, 0.0, 1.0, 0.5, action=PaletteChoice())
    rollout = sample_rollout(network, small_drawings, 4, torch.arange(16), sampler)
    drawn = rollout.choice[:, :, 1:]  # (N, T, R)
    exists = (rollout.count > 0)[:, None, 1:].expand_as(drawn[:, 1:])
    again = (drawn[:, 1:] == drawn[:, :-1])[exists].float().mean()
    # an entry of 3 or more comes twice in a row with probability 1/3 at most, over > 200 draws
    assert exists.sum() > 200 and again < 0.5


def test_a_run_on_choices_is_exact(run_inputs, tmp_path):
    """Ratio 1 and resume to the bit, with the exact KL of choices in the loss."""
    words = [*SMALL, "sampler=entries", "learn/kl=exact"]
    cfg = partial(tiny.train_config, run_inputs, tmp_path, *words)
    drawings, reward = load_pools(cfg().data, 32), instantiate(cfg().reward)

    def make(*words):
        return started(cfg(*words), drawings)

    rollouts, parts = first_parts(make(), drawings, reward)
    assert_ratio_one(rollouts, parts)
    assert all((part.columns["kl_ref"] == 0).all() for part in parts)
    assert assert_resumes(make, drawings, reward, tmp_path / "run")["policy/kl_ref"] > 0


def test_what_cannot_choose_is_told(run_inputs, tmp_path):
    with pytest.raises(UserError, match=r"set sampler\.guidance=1"):
        Training(tiny.train_config(run_inputs, tmp_path, "sampler=entries", "sampler.guidance=2"))
    folder = tmp_path / "unet"
    save_generator(folder, tiny.network("unet"), n_steps=3, shift=3.0, rho=0.5)
    with pytest.raises(UserError, match="a UNetFlow points at no palette"):
        Training(
            tiny.train_config(run_inputs, tmp_path, "sampler=entries", f"policy.path={folder}")
        )
    with pytest.raises(UserError, match="does not pass on; take sampler=ode"):
        Training(
            tiny.train_config(
                run_inputs, tmp_path, "sampler=entries", "learn=reward_backprop", "reward=paired"
            )
        )

"""Which actions give an unbiased policy gradient, on a toy whose texture feeds the next state.

One region. A step predicts a colour, which follows the pattern that the state shows, and a pattern
of its own strength: so the pattern decides the colour of the steps after. The reward is the colour
at the end, which is linear in every mean: the exact gradient is that of the means, with what the
last, deterministic step does itself left out, as no policy gradient sees it.
"""

from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor, nn

from colorrl.learn.advantage import leave_one_out
from colorrl.learn.loss import reinforce
from colorrl.learn.policy_gradient import policy_gradient_loss
from colorrl.policy.action import PaletteChoice, RegionColors, WholeState
from colorrl.policy.entries import Mix
from colorrl.policy.rollout import Sampler, sample_rollout
from colorrl.policy.space import PIXELS
from tests.learn.toy import IDS, OWNER, SIDE, Rows, sketches

GROUP, REPEATS = 100, 12
PATTERN = torch.where(torch.arange(SIDE * SIDE).view(SIDE, SIDE) % 2 > 0, 1.0, -1.0)
WALK = Sampler("cps", n_steps=4, eta=0.7, shift=3.0, rho=0.5)
ACTIONS = {"pixels": WholeState(), "regions": RegionColors()}


class Textured(nn.Module):
    """``color`` and ``texture`` of the prediction; the colour leans on the pattern seen."""

    space = PIXELS

    def __init__(self) -> None:
        super().__init__()
        self.color, self.texture = (nn.Parameter(torch.tensor(0.1)) for _ in range(2))

    def encode(self, sketch):
        return Rows(torch.tensor([IDS.index(i) for i in sketch.id]))

    def predict(self, x: Tensor, t: Tensor, encoding: Rows) -> Tensor:
        return painted(x, self.color, self.texture)


def painted(x: Tensor, color: Tensor, texture: Tensor) -> Tensor:
    """The prediction from states ``x`` (N, 3, H, W)."""
    mean, seen = (v.mean((1, 2, 3), keepdim=True) for v in (x, x * PATTERN))
    return (color + 0.3 * mean + 0.8 * seen + texture * PATTERN).expand_as(x)


def exact(policy: nn.Module) -> Tensor:
    """(2,) d mean colour / d (color, texture) through the steps that draw."""
    x = torch.zeros(1, 3, SIDE, SIDE)
    for step in WALK.steps():
        own = policy.color, policy.texture
        x0 = painted(x, *(own if step.stochastic else (p.detach() for p in own)))
        x, _ = step.move(x, x0)
    return torch.stack(torch.autograd.grad(x.mean(), [policy.color, policy.texture]))


def estimated(action: str) -> tuple[Tensor, Tensor]:
    """(2,) the policy gradient and its standard error, over independent batches."""
    policy, walk, found = Textured(), replace(WALK, action=ACTIONS[action]), []
    for repeat in range(REPEATS):
        seeds = repeat * 10**6 + torch.arange(len(IDS) * GROUP)
        rollout = sample_rollout(policy, sketches(), GROUP, seeds, walk)
        advantage = leave_one_out(rollout.state[:, -1].mean((1, 2, 3)), rollout.group)
        policy.zero_grad()
        loss = policy_gradient_loss(policy, None, rollout, advantage, walk, reinforce).loss
        (loss / len(advantage)).backward()
        scale = -float(rollout.stochastic.sum() * rollout.count[0].sum())
        found.append(scale * torch.stack([policy.color.grad, policy.texture.grad]))
    each = torch.stack(found)
    return each.mean(0), each.std(0) / REPEATS**0.5


def test_the_whole_state_is_an_unbiased_action():
    """Color and texture alike, within 4 standard errors. Seen to fail with region means."""
    truth = exact(Textured())
    gradient, error = estimated("pixels")
    assert ((gradient - truth).abs() < 4 * error).all()
    assert (truth.abs() > 8 * error).all()


def test_region_means_miss_what_texture_does_to_later_states():
    """Unbiased for the colour, which acts as a whole; 0 for texture, whatever it leads to."""
    truth = exact(Textured())
    gradient, error = estimated("regions")
    assert (gradient[0] - truth[0]).abs() < 4 * error[0]
    assert gradient[1].abs() < 1e-6 < 0.05 < truth[1].abs()


@dataclass
class Choosing:
    """A mix of one palette: ``logits`` choose, ``residual`` adds a colour that nothing scores."""

    logits: Tensor
    residual: Tensor

    space = PIXELS
    COLORS = torch.tensor([[0.5, 0.0, 0.0], [-0.5, 0.0, 0.0], [0.0, 0.3, 0.0]])

    def encode(self, sketch):
        return Rows(torch.tensor([IDS.index(i) for i in sketch.id]))

    def predict(self, x, t, encoding):
        return self.predict_mix(x, t, encoding).expected()

    def predict_mix(self, x, t, encoding):
        n = len(x)
        shares = torch.cat([torch.tensor([-torch.inf]), self.logits]).log_softmax(0)
        return Mix(
            log_share=shares.expand(n, 3, 4),
            free=torch.zeros(n, 3, 3),
            palette=self.COLORS.expand(n, -1, -1),
            residual=self.residual.expand_as(x),
            region_index=OWNER.expand(n, -1, -1),
        )


@pytest.fixture(scope="module")
def chosen():
    """Policy, and gradients (repeats, 3) of the logits, of entries drawn at one step."""
    policy = Choosing(
        torch.tensor([0.2, -0.1, 0.3], requires_grad=True), torch.tensor(0.1, requires_grad=True)
    )
    walk, found = Sampler("ode", 1, 0.0, 1.0, 0.5, action=PaletteChoice()), []
    for repeat in range(REPEATS):
        seeds = repeat * 10**6 + torch.arange(len(IDS) * GROUP)
        rollout = sample_rollout(policy, sketches(), GROUP, seeds, walk)
        advantage = leave_one_out(rollout.state[:, -1, 0].mean((1, 2)), rollout.group)
        policy.logits.grad = None
        loss = policy_gradient_loss(policy, None, rollout, advantage, walk, reinforce).loss
        (loss / len(advantage)).backward()
        found.append(-float(rollout.count[0].sum()) * policy.logits.grad)
    return policy, torch.stack(found)


def test_entries_are_an_unbiased_action_for_the_choice(chosen):
    """The reward is the red of the picture. Seen to fail with one draw for both regions."""
    policy, found = chosen
    red = policy.logits.softmax(0) @ policy.COLORS[:, 0]
    (truth,) = torch.autograd.grad(red, policy.logits)
    error = found.std(0) / REPEATS**0.5
    assert ((found.mean(0) - truth).abs() < 4 * error).all() and (truth.abs() > 8 * error).any()


def test_entries_miss_what_free_colors_and_residuals_do(chosen):
    """Their exact gradient is 1 (red rises with the residual) and the estimate has none."""
    policy, _ = chosen
    assert policy.residual.grad is None

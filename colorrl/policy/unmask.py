"""Region tokens as an episode: states, times, and the decisions of a step.

A state says for each region the entry that was decided, and holds a uniform number, drawn at the
start, by which a colouring that is not scored takes its entries (the inverse of the distribution):
as the noise of a flow does, it makes a sample a function of its seed. Time is the share of regions
that are still masked, on a cosine schedule: few are decided at first, when nothing is known.

A step decides the regions of which the network is most certain (Chang et al., arXiv 2202.04200).
That order is a function of the state and the weights which is constant almost everywhere, so that
its gradient is 0: the policy gradient of a colouring is that of its decisions alone, exactly, at
the weights that sampled it. An update keeps the sampled order, as it keeps the sampled states.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from colorrl.policy.action import at_time
from colorrl.policy.distribution import Draw, Seeds
from colorrl.policy.entries import draw_entries, kl_entries, logp_entries
from colorrl.policy.noise import NoiseModel
from colorrl.policy.protocol import Policy
from colorrl.policy.token_encoding import TokenEncoding
from colorrl.policy.transition import Step
from colorrl.types import RegionBatch

ENTRY, UNIFORM, CHANNELS = 0, 1, 2  # of a state (N, CHANNELS, 1, S); entry: 1 + k, 0 = masked
_CHUNK = 64  # regions whose number is drawn in one call: a draw of k is no prefix of one of more


@dataclass(frozen=True, slots=True)
class RegionSpace:
    """A `StateSpace` of one position for each region slot; see the file's head."""

    channels: int = CHANNELS
    noisy: bool = False
    region_exact: bool = True

    def times(self, n_steps: int, shift: float) -> Tensor:
        """(T+1,) shares of regions that are masked. Raises ValueError for a ``shift`` but 1."""
        if shift != 1:
            raise ValueError(f"shift={shift:g} moves noise in time, and tokens have none: set 1")
        if n_steps < 1:
            raise ValueError(f"need n_steps >= 1, got {n_steps}")
        turn = torch.linspace(0, math.pi / 2, n_steps + 1, dtype=torch.float64)
        return torch.cat([turn[:-1].cos(), turn.new_zeros(1)]).float()

    def region_index(self, regions: RegionBatch) -> Tensor:
        """(N, 1, S) int64: each slot its own id."""
        n, slot = (
            len(regions.region_index),
            torch.arange(regions.n_slots, device=regions.region_index.device),
        )
        return slot.expand(n, 1, -1)

    def start(self, noise: NoiseModel, seeds: Tensor) -> Tensor:
        """All regions masked, with the uniform numbers of ``seeds`` (N,)."""
        n, n_slots = len(noise.region_index), noise.n_slots
        state = torch.zeros(n, CHANNELS, 1, n_slots, device=noise.region_index.device)
        state[:, UNIFORM, 0] = _uniform(seeds, n_slots).to(state.device)
        return state

    def noised(self, x0: Tensor, t: Tensor, noise: NoiseModel, seeds: Tensor) -> Tensor:
        """Raises ValueError: there is no Gaussian on the way."""
        raise ValueError(
            "region tokens are masked, not noised: take a loss that reads transitions, such as "
            "learn=grpo"
        )

    def move(
        self, x: Tensor, x0: Tensor, t: float, t_next: float, encoding: TokenEncoding
    ) -> Tensor:
        """``x`` with the regions decided that are due, by their uniform numbers; ``x0`` the
        log-probabilities (N, S, E) of all."""
        new = due_regions(x, x0, t_next, encoding)
        return decided(x, new, inverse(x0, x[:, UNIFORM, 0].double()))

    def decode(self, x0: Tensor, encoding: TokenEncoding) -> Tensor:
        return painted(encoding, entries(x0)[0])


REGIONS = RegionSpace()


def undecided(encoding: TokenEncoding) -> Tensor:
    """(N, S) bool: regions that are decided at all: those that exist and have no hint."""
    return encoding.exists & (encoding.given[..., 3] == 0)


def entries(x: Tensor) -> tuple[Tensor, Tensor]:
    """Entries (N, S) int64 of states ``x``, 0 where masked, and which are known (N, S) bool."""
    stored = x[:, ENTRY, 0].long()
    return (stored - 1).clamp(min=0), stored > 0


def due_regions(x: Tensor, log_share: Tensor, t_next: float, encoding: TokenEncoding) -> Tensor:
    """(N, S) bool: the masked regions to decide until ``t_next``, the most certain ones."""
    to_decide, known = undecided(encoding), entries(x)[1]
    # in doubles, and less a rounding of the time: 1 - cos of the first steps is small
    target = (to_decide.sum(1).double() * (1 - t_next) - 1e-6).ceil().long()
    return most_certain(log_share, to_decide & ~known, target - known.sum(1))


def most_certain(log_share: Tensor, masked: Tensor, count: Tensor) -> Tensor:
    """(N, S) bool: the ``count`` (N,) regions of those ``masked`` (N, S) bool whose likeliest entry
    is the likeliest; the first of equal ones."""
    certainty = log_share.detach().amax(2).masked_fill(~masked, -torch.inf)
    rank = certainty.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    return (rank < count[:, None]) & masked


def decided(x: Tensor, new: Tensor, entry: Tensor) -> Tensor:
    """``x`` with the ``entry`` (N, S) of the regions that are ``new`` (N, S) bool."""
    stored = torch.where(new, (entry + 1).to(x.dtype), x[:, ENTRY, 0])
    return torch.cat([stored[:, None, None], x[:, UNIFORM:]], dim=1)


def inverse(log_share: Tensor, uniform: Tensor) -> Tensor:
    """(N, S) int64: the entries of exp(``log_share``) (N, S, E) at ``uniform`` (N, S) in [0, 1)."""
    below = log_share.double().exp().cumsum(2)
    last = log_share.isfinite().double().cumsum(2).argmax(2)  # a sum may round to below 1
    return torch.minimum((uniform[..., None] >= below).sum(2), last)


def _uniform(seeds: Tensor, n_slots: int) -> Tensor:
    """(N, S) in [0, 1); a row is a function of its seed, however far regions are padded."""
    drawn = torch.empty(len(seeds), -(-n_slots // _CHUNK), _CHUNK)
    generator = torch.Generator()
    for row, seed in zip(drawn, seeds.tolist(), strict=True):
        generator.manual_seed(seed)
        for chunk in row:
            chunk.uniform_(generator=generator)
    return drawn.flatten(1)[:, :n_slots]


def painted(encoding: TokenEncoding, entry: Tensor) -> Tensor:
    """(N, 3, H, W) sRGB in [0, 1]: regions in the colour of their ``entry`` (N, S), or a hint's."""
    color = encoding.color.gather(1, entry[..., None].expand(-1, -1, 3))
    color = torch.where(encoding.given[..., 3:] > 0, encoding.given[..., :3], color)
    color = ((color.float() + 1) / 2).clamp(0, 1)
    index = encoding.region_index.flatten(1)[..., None].expand(-1, -1, 3)
    return color.gather(1, index).transpose(1, 2).unflatten(2, encoding.region_index.shape[1:])


@dataclass(frozen=True, slots=True)
class Unmasking:
    """The distribution of one step: each region that is due draws an entry. A `Transition`."""

    x: Tensor  # (N, CHANNELS, 1, S) the state it starts from
    log_share: Tensor  # (N, S, E) of every region's entry
    encoding: TokenEncoding
    step: Step

    @property
    def x0(self) -> Tensor:
        """The state with all regions decided as likeliest."""
        masked = undecided(self.encoding) & ~entries(self.x)[1]
        return decided(self.x, masked, self.log_share.argmax(2))

    def sample(self, seeds: Seeds) -> Draw:
        """The choice is 1 + entry of the regions that were due, 0 of all others."""
        entry = draw_entries(self.log_share, seeds(1))
        new = due_regions(self.x, self.log_share, self.step.t_next, self.encoding)
        return Draw(decided(self.x, new, entry), torch.where(new, entry + 1, 0))

    def log_prob(self, outcome: Tensor) -> Tensor:
        return logp_entries(self.log_share, (outcome - 1).clamp(min=0), outcome > 0)

    def kl(self, other: Unmasking) -> Tensor:
        """Of the decisions that are due at this step."""
        new = due_regions(self.x, self.log_share, self.step.t_next, self.encoding)
        return kl_entries(self.log_share, other.log_share, new)


@dataclass(frozen=True, slots=True)
class Unmask:
    """The `Action` of region tokens: entries are drawn and scored for the regions that are due."""

    differentiable: bool = False

    def draws(self, kind: str, eta: float, grid: Tensor) -> Tensor:
        return torch.ones(len(grid) - 1, dtype=torch.bool)

    def count(self, noise: NoiseModel, encoding: TokenEncoding) -> Tensor:
        """One decision a region."""
        return undecided(encoding).float()

    def check(self, policy: Policy, sampler: Any) -> None:
        """See `colorrl.policy.action.Action`."""
        if not isinstance(policy.space, RegionSpace):
            kind = type(policy).__name__
            raise ValueError(f"sampler=unmask: a {kind} has no tokens, take sampler=cps")
        for name, needed in (("kind", "ode"), ("eta", 0), ("rho", 0), ("guidance", 1)):
            if getattr(sampler, name) != needed:
                raise ValueError(
                    f"sampler.{name}={getattr(sampler, name)} is of pictures with noise, and "
                    f"tokens are drawn without: set sampler.{name}={needed}"
                )

    def transition(
        self, policy: Policy, encoding: TokenEncoding, x: Tensor, step: Step, noise: NoiseModel
    ) -> Unmasking:
        return Unmasking(x, policy.predict(x, at_time(x, step.t), encoding), encoding, step)


@torch.no_grad()
def likeliest(policy: Policy, encoding: TokenEncoding, n_steps: int) -> Tensor:
    """(N, S) int64: the entries decided as likeliest, step by step."""
    times = policy.space.times(n_steps, 1.0).tolist()
    x = torch.zeros(
        len(encoding.exists), CHANNELS, 1, encoding.exists.shape[1], device=encoding.exists.device
    )
    for t, t_next in pairwise(times):
        log_share = policy.predict(x, at_time(x, t), encoding)
        new = due_regions(x, log_share, t_next, encoding)
        x = decided(x, new, log_share.argmax(2))
    return entries(x)[0]

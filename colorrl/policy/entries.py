"""A region's colour as a choice among palette entries: what is chosen, and how likely it was.

A network that points each region at the palette (`RegionFlow`) predicts a mix: the expected
colour. Drawn from instead, each step decides a colour for every region, as a language model decides
tokens: with x0 a draw of its posterior and x1 the noise that goes with it, the state at the next
time has the marginal that it should have, and the decision an exact probability.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor

from colorrl.policy.protocol import Policy

_CHUNK = 64  # regions whose number is drawn in one call: a draw of k is no prefix of one of more


@dataclass(frozen=True, slots=True)
class Mix:
    """What each region's colour is made of. S region slots, K palette entries.

    Entry 0 is a colour of the region's own, entry 1 + k the palette's k-th.
    """

    log_share: Tensor  # (N, S, 1 + K) log-probabilities, -inf for entries that do not exist
    free: Tensor  # (N, S, 3) in [-1, 1]
    palette: Tensor  # (N, K, 3) in [-1, 1]
    residual: Tensor  # (N, 3, H, W) what pixels differ by from their region's colour
    region_index: Tensor  # (N, H, W) int64

    def expected(self) -> Tensor:
        """Clean image (N, 3, H, W) with every region's mean colour."""
        return self._painted(self.log_share.exp())

    def chosen(self, entry: Tensor) -> Tensor:
        """Clean image (N, 3, H, W) with the ``entry`` (N, S) of each region."""
        return self._painted(F.one_hot(entry, self.log_share.shape[2]).to(self.free.dtype))

    def _painted(self, share: Tensor) -> Tensor:
        color = share[..., :1] * self.free
        color = color + share[..., 1:] @ self.palette  # (N, S, 3)
        index = self.region_index.flatten(1)[..., None].expand(-1, -1, 3)
        flats = color.gather(1, index).transpose(1, 2).unflatten(2, self.region_index.shape[1:])
        return flats + self.residual


@runtime_checkable
class PointingPolicy(Policy, Protocol):
    """A policy whose prediction is a mix."""

    def predict_mix(self, x: Tensor, t: Tensor, encoding: Any) -> Mix:
        """The mix predicted from state ``x`` (N, 3, H, W) at times ``t`` (N,)."""
        ...


def draw_entries(log_share: Tensor, seeds: Tensor) -> Tensor:
    """Entries (N, S) drawn with probabilities exp(``log_share``) (N, S, 1 + K).

    By the inverse of the distribution, one uniform number a region: a row is a function of its
    seed, ``seeds`` (N,), whatever its batch mates and however far regions and palette are padded.
    """
    n, n_slots = log_share.shape[:2]
    uniform = torch.empty(n, -(-n_slots // _CHUNK), _CHUNK, dtype=torch.float64)
    generator = torch.Generator()
    for row, seed in zip(uniform, seeds.tolist(), strict=True):
        generator.manual_seed(seed)
        for chunk in row:
            chunk.uniform_(generator=generator)
    drawn = uniform.flatten(1)[:, :n_slots].to(log_share.device)
    below = log_share.double().exp().cumsum(2)
    last = log_share.isfinite().double().cumsum(2).argmax(2)  # a sum may round to below 1
    return torch.minimum((drawn[..., None] >= below).sum(2), last)


def logp_entries(log_share: Tensor, entry: Tensor, exists: Tensor) -> Tensor:
    """(N, S) nats of each region's ``entry`` (N, S), fp32; 0 where no region ``exists`` (N, S)."""
    logp = log_share.float().gather(2, entry[..., None])[..., 0]
    return torch.where(exists, logp, 0.0)


def kl_entries(log_share: Tensor, log_share_ref: Tensor, exists: Tensor) -> Tensor:
    """Exact KL divergence of each region's choice from the reference's, (N, S) nats."""
    possible = log_share.isfinite()
    apart = torch.where(possible, log_share.float() - log_share_ref.float(), 0.0)
    return torch.where(exists, (log_share.float().exp() * apart).sum(2), 0.0)

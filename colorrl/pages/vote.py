"""What several samples of one sketch agree on, region by region.

A sample draws each region's colour; what most samples say is right more often (self-consistency,
Wang et al., arXiv 2203.11171; measured in experiments/vote). Where the exact shares of the palette
are known, an answer has to come out at them too: the entries are then those of the highest
likelihood by the samples, less what their shares are off. Shares are half of the truth: the search
is for comparisons, pages are coloured by the vote alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.palette import nearest

# CIEDE2000 that two colours may differ by and still agree, as in the tolerance of the metrics
AGREE = 5.0
# likelihood of an entry that no sample gives a region, before all are scaled to sum to 1
UNHEARD = 1e-3
N_RANDOM = 8  # starts of a search besides the samples and their vote
_LEAST = 1e-9  # a gain below it is rounding, of doubles: of floats it would go round in circles


def most_agreed(colors: Tensor) -> tuple[Tensor, Tensor]:
    """(S, 3) of each of S regions the one of n ``colors`` (n, S, 3) sRGB that most agree with, and
    (S,) the share of the others that do, NaN for one.

    The first of equal ones. A chosen colour is one that a sample gave, not a mean of two.
    """
    lab = srgb_to_lab(colors, -1)
    confidence = torch.stack([_agreement(lab, i) for i in range(len(colors))])
    most, which = confidence.max(0)
    return colors[which, torch.arange(len(which))], most


def agreement(colors: Tensor, which: int) -> Tensor:
    """(S,) the share of the other ``colors`` (n, S, 3) that agree with those of sample ``which``.

    Within CIEDE2000 AGREE is agreement. NaN for one sample.
    """
    return _agreement(srgb_to_lab(colors, -1), which)


def _agreement(lab: Tensor, which: int) -> Tensor:
    others = torch.cat([lab[:which], lab[which + 1 :]])
    return (delta_e_2000(lab[which], others) <= AGREE).float().mean(0)


def keeping_shares(
    colors: Tensor,
    area: Tensor,
    palette: Tensor,
    share: Tensor,
    strength: float,
    draw: Generator,
) -> Tensor:
    """(S, 3) colours of S regions in a ``palette`` (K, 3) whose entries have a ``share`` (K,) each.

    ``colors`` (n, S, 3) sRGB: of n samples, each read as the nearest entry or as bare paper, which
    a white entry is taken for; of none, areas alone decide. ``area`` (S,): 0 for what is not
    counted, which stays as the first sample has it, or white; a share is of the area that is not
    bare. Of assignments p, with a the areas at sum 1, it looks for the most of
    sum_r sqrt(a_r) log likelihood(p_r) - ``strength`` * sum_k |share of k - its share in p|
    by changing one region or swapping two as long as it helps: from each sample on, from their vote
    and from N_RANDOM assignments of ``draw``. Memory is of S * S * K: for sketches, not for pages.
    """
    kept = colors[0].clone() if len(colors) else torch.ones(len(area), 3)
    counted = area.nonzero()[:, 0]
    n_used = int((share > 0).sum())
    used = share.argsort(descending=True, stable=True)[:n_used]  # a palette has no order but ties'
    if len(counted) == 0 or n_used == 0:
        return kept
    entries = torch.cat([torch.ones(1, 3), palette[used]])  # bare paper, then colours
    said = colors[:, counted]
    heard = nearest(said.flatten(0, 1), entries).unflatten(0, said.shape[:2])
    likelihood = _likelihood(heard, len(entries))
    goal = _Goal.of(area[counted], share[used], likelihood, strength)
    dice = share[used].expand(N_RANDOM, -1).multinomial(len(counted), True, generator=draw) + 1
    starts = torch.cat([heard, likelihood.argmax(1)[None], dice]).unique(dim=0)
    kept[counted] = entries[max((goal.climbed(start) for start in starts), key=goal.value)]
    return kept


def _likelihood(heard: Tensor, n_entries: int) -> Tensor:
    """(S, E) how many of the samples ``heard`` (n, S) say each entry, as a distribution."""
    counts = F.one_hot(heard, n_entries).double().sum(0) / max(len(heard), 1) + UNHEARD
    return counts / counts.sum(1, keepdim=True)


@dataclass(frozen=True, slots=True)
class _Goal:
    """What an assignment (S,) of entries 0 (bare) to K is worth, and how to better it."""

    area: Tensor  # (S,) sum 1
    share: Tensor  # (K,)
    worth: Tensor  # (S, 1 + K) of each entry for each region, by the samples
    strength: float
    eye: Tensor  # (1 + K, 1 + K)

    @classmethod
    def of(cls, area: Tensor, share: Tensor, likelihood: Tensor, strength: float) -> _Goal:
        a = area.double() / area.sum()
        worth = a.sqrt()[:, None] * likelihood.log()
        eye = torch.eye(likelihood.shape[1], dtype=a.dtype)
        return cls(a, share.double(), worth, strength, eye)

    def value(self, entry: Tensor) -> float:
        said = self.worth.gather(1, entry[:, None]).sum()
        return float(said - self.strength * self._off(self._areas(entry)))

    def climbed(self, entry: Tensor) -> Tensor:
        """``entry`` bettered by the best single change or swap until none helps."""
        entry = entry.clone()
        while True:
            change, swap = self._changes(entry), self._swaps(entry)
            if max(change.max(), swap.max()) <= _LEAST:
                return entry
            if change.max() >= swap.max():
                region, to = divmod(int(change.argmax()), change.shape[1])
                entry[region] = to
            else:
                one, other = divmod(int(swap.argmax()), len(entry))
                entry[[one, other]] = entry[[other, one]]

    def _changes(self, entry: Tensor) -> Tensor:
        """(S, E) what it gains to give a region another entry."""
        areas = self._areas(entry)
        away = self.eye - self.eye[entry][:, None]  # (S, E, E)
        off = self._off(areas + self.area[:, None, None] * away) - self._off(areas)
        return self.worth - self.worth.gather(1, entry[:, None]) - self.strength * off

    def _swaps(self, entry: Tensor) -> Tensor:
        """(S, S) what it gains to swap the entries of two regions."""
        areas = self._areas(entry)
        lost = (self.area[:, None] - self.area)[..., None]  # what the first's entry loses
        current = self.eye[entry]
        off = self._off(areas + lost * (current - current[:, None])) - self._off(areas)
        taken = self.worth[:, entry] - self.worth.gather(1, entry[:, None])
        return taken + taken.T - self.strength * off

    def _areas(self, entry: Tensor) -> Tensor:
        return self.area @ self.eye[entry]  # (E,)

    def _off(self, areas: Tensor) -> Tensor:
        """L1 distance of the shares that ``areas`` (..., E) make from those asked for."""
        painted = areas[..., 1:]
        total = painted.sum(-1, keepdim=True).clamp(min=torch.finfo(painted.dtype).tiny)
        return (painted / total - self.share).abs().sum(-1)

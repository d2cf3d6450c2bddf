"""Classifier-free guidance: a policy's condition counts more (Ho & Salimans, arXiv 2207.12598).

A guided policy is a Policy like any other, so that sampling and update, which both go through
``guided``, predict alike and the first ratio stays exactly 1. Gradients go through both of its
predictions: the guided policy is what learns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from colorrl.policy.protocol import Policy, StateSpace
from colorrl.types import SketchBatch


def guided(policy: Policy, guidance: float) -> Policy:
    """``policy`` with its predictions at without + ``guidance`` (with - without).

    With is the sketch as it is, without the same one without palette and hints. 1 is ``policy``
    itself, of one prediction a step; any other strength takes two.
    """
    return policy if guidance == 1 else Guided(policy, guidance)


@dataclass(frozen=True, slots=True)
class GuidedEncoding:
    """Two codes of N sketches: of all they tell, and of the line art alone."""

    conditioned: Any
    unconditioned: Any

    def repeat(self, n: int) -> GuidedEncoding:
        """Each row ``n`` times in a row."""
        return GuidedEncoding(self.conditioned.repeat(n), self.unconditioned.repeat(n))


@dataclass(frozen=True, slots=True)
class Guided:
    """A Policy made of another; see ``guided``."""

    policy: Policy
    guidance: float

    @property
    def space(self) -> StateSpace:
        return self.policy.space

    def encode(self, sketch: SketchBatch) -> GuidedEncoding:
        return GuidedEncoding(self.policy.encode(sketch), self.policy.encode(unconditioned(sketch)))

    def predict(self, x: Tensor, t: Tensor, encoding: GuidedEncoding) -> Tensor:
        """Clean image (N, 3, H, W) from state ``x`` at times ``t`` (N,); may leave [-1, 1]."""
        conditioned, alone = (
            self.policy.predict(x, t, c) for c in (encoding.conditioned, encoding.unconditioned)
        )
        return alone + self.guidance * (conditioned - alone)


def unconditioned(sketch: SketchBatch) -> SketchBatch:
    """``sketch`` as the generator learned it without palette (share 0) and hints."""
    share = None if sketch.share is None else torch.zeros_like(sketch.share)
    return replace(sketch, share=share, hint=None)

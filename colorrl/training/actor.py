"""What samples colourings and scores their steps again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from colorrl.policy.protocol import LearningPolicy
from colorrl.policy.rollout import Sampler


@dataclass(frozen=True, slots=True)
class Actor:
    """The policy, the frozen start, how both walk, and in which precision.

    A ratio of exactly 1 needs that steps are scored as they were sampled: by the same networks,
    sampler and ``autocast``.
    """

    policy: LearningPolicy
    reference: LearningPolicy
    sampler: Sampler
    autocast: Callable[[], AbstractContextManager[None]]

"""Seeds from coordinates: no global random state, and nothing to save for a resume."""

from __future__ import annotations

import hashlib
import struct
from enum import IntEnum
from typing import NamedTuple

MAX_SEED = 2**63 - 1  # the largest int64


class Stream(IntEnum):
    """First coordinate after a run's seed: what the number is drawn for. Numbers never change."""

    INIT = 0  # a network's first weights
    PRETRAIN_NOISE = 1
    PRETRAIN_TIME = 2
    DRAWING = 3  # which sketches a step sees
    AUGMENT = 4
    VALIDATION_NOISE = 5
    PANEL = 6
    JUDGE = 7  # noise of held-out sketches
    ROLLOUT = 8
    STEP_ORDER = 9  # of optimiser steps within a pass
    CRITIC = 10
    POOL = 11  # the seed of one of several sets
    ALLOTMENT = 12  # how many sketches each of several sets gives


def seed_of(run_seed: int, *coordinates: int) -> int:
    """Seed in [0, 2^63) of one draw, such as ``seed_of(run_seed, step, sketch, sample)``.

    The same on every platform, and different (up to 2^-63) for different tuples, whatever their
    lengths. torch's CPU generator keeps the low 32 bits. Raises struct.error if a coordinate is
    not an int64.
    """
    packed = struct.pack(f"<{1 + len(coordinates)}q", run_seed, *coordinates)
    digest = hashlib.blake2b(packed, digest_size=8).digest()
    return int.from_bytes(digest, "little") & MAX_SEED


class StepSeeds(NamedTuple):
    """Where in a run a step is: what its random numbers are a function of."""

    seed: int  # of the run
    step: int

    def of(self, stream: Stream, *coordinates: int) -> int:
        """Seed of one draw of this step, such as ``of(Stream.ROLLOUT, sketch, sample)``."""
        return seed_of(self.seed, stream, self.step, *coordinates)

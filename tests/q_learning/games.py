"""Enumerated drawings and settings for tests."""

from dataclasses import replace
from functools import cache

from colorrl.config.schema.q_learning import LearnerConfig
from colorrl.q_learning.decisions import Decisions, enumerated
from colorrl.task.deck import make_deck
from colorrl.task.drawings import small_drawing
from tests.task.rewards import reward

SETTINGS = LearnerConfig(
    rounds=60, games=64, updates=8, memory=60, copy_every=50, epsilon=0.1,
    rate={"table": 0.5, "linear": 0.3, "network": 2e-3}, width=32, measure_every=10,
    unbounded=1e6,
)  # fmt: skip


def settings(**changes) -> LearnerConfig:
    return replace(SETTINGS, **changes)


@cache
def game() -> Decisions:
    """Three drawings of 2 to 4 regions and 2 to 3 entries."""
    drawn = [small_drawing(s, 32, r, k) for s, r, k in ((0, 2, 2), (1, 3, 3), (2, 4, 3))]
    return enumerated(make_deck(drawn), reward("free"))

"""Rewards without LPIPS, made once."""

from functools import cache

from colorrl.environment.rules import preset
from colorrl.rewards.total import TotalReward


@cache
def reward(kind: str) -> TotalReward:
    """``free``: reference_free as shipped. ``paired``: paired without its LPIPS."""
    if kind == "free":
        return preset("reference_free")
    paired = preset("paired")
    terms = {name: term for name, term in paired.terms.items() if name != "perceptual"}
    return TotalReward(terms, paired.combine)

"""The sampler that a configuration and a generator make together."""

from __future__ import annotations

from typing import Any

from colorrl.config.schema.learn import SamplerConfig
from colorrl.errors import UserError
from colorrl.policy.noise import check_rho
from colorrl.policy.rollout import Sampler


def make_sampler(cfg: SamplerConfig, generator: Any, needs_noise: bool = True) -> Sampler:
    """The sampler of ``cfg``; what it leaves open is as the ``generator`` was saved.

    Raises UserError unless it is one to train with: in range, and with a stochastic step where
    what learns ``needs_noise``.
    """
    if cfg.window is not None and len(cfg.window) != 2:
        raise UserError(f"sampler.window={cfg.window}: give [first, count]")
    sampler = Sampler(
        kind=cfg.kind,
        n_steps=int(generator.n_steps) if cfg.n_steps is None else cfg.n_steps,
        eta=cfg.eta,
        shift=float(generator.shift) if cfg.shift is None else cfg.shift,
        rho=float(generator.rho) if cfg.rho is None else cfg.rho,
        window=None if cfg.window is None else (cfg.window[0], cfg.window[1]),
        action=cfg.action,
        guidance=float(generator.guidance) if cfg.guidance is None else cfg.guidance,
    )
    try:
        check_rho(sampler.rho)
        stochastic = sampler.stochastic()
    except ValueError as fault:
        raise UserError(f"sampler: {fault}") from None
    if cfg.action == "entries" and sampler.guidance != 1:
        raise UserError(
            f"sampler.guidance={sampler.guidance:g} changes colours, not the choice among palette "
            "entries: set sampler.guidance=1, or sampler.action=regions"
        )
    if needs_noise and not stochastic.any():
        raise UserError(
            f"sampler.kind={cfg.kind} with eta={cfg.eta}: no step of the sampler is stochastic, so "
            "there is nothing to learn from; take flow_sde, cps or ddim with eta above 0, or learn "
            "without log-densities (learn=nft, learn=reward_backprop)"
        )
    return sampler

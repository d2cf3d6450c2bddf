"""The sampler that a configuration and a generator make together."""

from __future__ import annotations

import math

from hydra.utils import instantiate

from colorrl.config.compatibility import check_paint, part_of
from colorrl.config.schema.learn import LearnConfig, SamplerConfig
from colorrl.config.schema.words import Spec
from colorrl.errors import UserError
from colorrl.policy.noise import check_rho
from colorrl.policy.pipeline import FlatColorPipeline
from colorrl.policy.protocol import Policy
from colorrl.policy.rollout import Sampler


def check_learns(learn: LearnConfig, policy: Policy) -> None:
    """Raises UserError for parts of ``learn`` that need noise, of a ``policy`` without."""
    if policy.space.noisy:
        return
    kind = type(policy).__name__
    if not part_of(learn.loss).needs_log_probs:
        raise UserError(
            f"learn.loss reads a picture's noise or slope: a {kind} has no noise; take a loss that "
            "scores steps, such as learn=grpo"
        )
    if learn.auxiliary is not None:
        raise UserError(
            f"learn/auxiliary is flow matching, and a {kind} has no noise: learn/auxiliary=none"
        )
    if learn.advantage is not None and part_of(learn.advantage).reads_states:
        raise UserError(
            f"learn.advantage values the picture at each step, and a {kind} has none before the "
            "last: take learn/advantage=group_normalised"
        )


def check_paints(reward: Spec, policy: Policy) -> None:
    """UserError for a reward that reads no pixels, of a ``policy`` that paints them."""
    try:
        check_paint(reward, policy.space.region_exact)
    except ValueError as fault:
        raise UserError(f"policy.path holds a {type(policy).__name__}: {fault}") from None


def make_sampler(
    cfg: SamplerConfig, generator: FlatColorPipeline, needs_noise: bool = True
) -> Sampler:
    """The sampler of ``cfg``; what it leaves open is as the ``generator`` was saved.

    Raises UserError unless it is one to train with: in range, of a kind of decision that the
    generator can take, and with a stochastic step where what learns ``needs_noise``.
    """
    if cfg.window is not None and len(cfg.window) != 2:
        raise UserError(f"sampler.window={cfg.window}: give [first, count]")
    saved, policy = generator.config, generator.network
    sampler = Sampler(
        kind=cfg.kind,
        n_steps=int(saved.n_steps) if cfg.n_steps is None else cfg.n_steps,
        eta=cfg.eta,
        shift=float(saved.shift) if cfg.shift is None else cfg.shift,
        rho=float(saved.rho) if cfg.rho is None else cfg.rho,
        window=None if cfg.window is None else (cfg.window[0], cfg.window[1]),
        action=instantiate(cfg.action),
        guidance=float(saved.guidance) if cfg.guidance is None else cfg.guidance,
        times=policy.space.times,
        branches=tuple(cfg.branches),
    )
    try:
        check_rho(sampler.rho)
        stochastic = sampler.stochastic()
        sampler.chains(math.prod(sampler.branches))
    except ValueError as fault:
        raise UserError(f"sampler: {fault}") from None
    try:
        sampler.action.check(policy, sampler)
    except ValueError as fault:
        raise UserError(str(fault)) from None
    if needs_noise and not stochastic.any():
        raise UserError(
            f"sampler.kind={cfg.kind} with eta={cfg.eta}: no step of the sampler is stochastic, so "
            "there is nothing to learn from; take flow_sde, cps or ddim with eta above 0, or learn "
            "without log-densities (learn=nft, learn=reward_backprop)"
        )
    return sampler

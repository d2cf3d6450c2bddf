"""Which parts of `learn` go together: checked when a configuration composes.

Parts declare what they need (`learn.update.Loss`, the estimators' ``per_step``), so that one from
outside is checked without a line here.
"""

from __future__ import annotations

import math
from typing import Any

from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.learn import KlConfig, LearnConfig, SamplerConfig
from colorrl.config.schema.words import Spec


def check_reward(learn: LearnConfig, reward: Spec) -> None:
    """Raises ValueError for a reward without slope under a loss that follows its slope."""
    flat = _named("colorrl.rewards.combine.WITHOUT_GRADIENT")
    if part_of(learn.loss).needs_reward_gradient and part_of(reward["combine"]["split"]) in flat:
        raise ValueError(
            "reward/combine=verified passes or fails and has no gradient for learn.loss to follow: "
            "take reward/combine=gated"
        )
    for name in uncredited(learn, reward):
        if reward["terms"][name]["role"] != "penalty":
            raise ValueError(
                f"learn.credit={learn.credit}: reward term '{name}' has no reading per region, so "
                "no region would be credited for it: take learn.credit=image or "
                f"~reward.terms.{name}"
            )


def uncredited(learn: LearnConfig, reward: Spec) -> list[str]:
    """The terms that region credit leaves out, for they do not declare ``reads_regions``.

    A bounded penalty may be one; a gate or a mean may not.
    """
    if learn.credit == "image":
        return []
    terms = reward["terms"].items()
    return [name for name, spec in terms if not getattr(part_of(spec), "reads_regions", False)]


def check_learn(learn: LearnConfig) -> None:
    """Raises ValueError, naming the keys and the remedy, for a combination without meaning."""
    loss = part_of(learn.loss)
    if loss.needs_advantage and learn.advantage is None:
        raise ValueError(
            "learn/advantage=none: learn.loss weighs samples by an advantage; choose one, such as "
            "learn/advantage=group_normalised"
        )
    if not loss.needs_advantage:
        _check_no_advantage(learn)
    if learn.advantage is not None and part_of(learn.advantage).per_step:
        _check_steps(learn, loss)
    if not learn.loss["off_policy"] and learn.epochs * learn.optimizer_steps > 1:
        raise ValueError(
            f"learn.optimizer_steps={learn.optimizer_steps} x learn.epochs={learn.epochs}: this "
            "loss does not correct for a policy that has moved since it sampled, set both to 1"
        )
    if learn.kl is not None:
        _check_kl(learn.kl, learn, loss)


def check_branches(learn: LearnConfig, sampler: SamplerConfig, group_size: int) -> None:
    """Raises ValueError for branches that ``learn`` cannot compare or that do not fit the group."""
    made = math.prod(sampler.branches)
    if made == 1:
        return
    if learn.advantage is None or not part_of(learn.advantage).of_branches:
        raise ValueError(
            f"sampler.branches={list(sampler.branches)}: samples that share their first steps are "
            "no independent ones, as which learn.advantage compares them; take learn=branching"
        )
    if group_size % made:
        raise ValueError(
            f"sampler.branches={list(sampler.branches)} make {made} samples of each first state: "
            f"trainer.group_size={group_size} is no multiple of it"
        )


def check_latent(learn: LearnConfig, policy: PolicyConfig) -> None:
    """Raises ValueError for parts that read pixels of states, where states are latents."""
    if policy.hub is None:
        return
    if learn.advantage is not None and part_of(learn.advantage).reads_states:
        raise ValueError(
            "learn.advantage reads the pixels of each state, and a pipeline's states are latents: "
            "take an advantage of whole images, such as learn=grpo"
        )
    if learn.auxiliary is not None:
        raise ValueError(
            "learn/auxiliary learns to denoise pixels, and a pipeline's states are latents: "
            "set learn/auxiliary=none"
        )


def check_paint(reward: Spec, region_exact: bool) -> None:
    """Raises ValueError for a reward that reads no pixels, of a generator that paints them."""
    if reward.get("region_exact", False) and not region_exact:
        raise ValueError(
            "this reward sees one color a region, and the generator may paint pixels of other "
            "colors: take reward=paired, or a generator that is region-exact, such as policy=region"
        )


def paints_regions(policy: PolicyConfig) -> bool:
    """Whether the generator that ``policy`` describes paints each region in one color."""
    if policy.hub is not None:
        return policy.hub.snap
    return bool(part_of(policy.network).space.region_exact)


def needs_noise(learn: LearnConfig) -> bool:
    """Whether the sampler must have stochastic steps: only they carry a log-density."""
    in_reward = learn.kl is not None and not learn.kl.in_loss
    return bool(part_of(learn.loss).needs_log_probs) or in_reward


def part_of(spec: Spec) -> Any:
    """The class or function that ``spec`` names."""
    return _named(spec["_target_"])


def _named(path: str) -> Any:
    from hydra.utils import get_object  # late: --help need not spend Hydra's import

    return get_object(path)


def _check_no_advantage(learn: LearnConfig) -> None:
    if learn.advantage is not None:
        raise ValueError(
            "learn.loss follows the reward's own gradient and takes no advantage: "
            "set learn/advantage=none"
        )
    if learn.credit != "image":
        raise ValueError(
            f"learn.credit={learn.credit}: the reward's own gradient credits each pixel, "
            "set learn.credit=image"
        )


def _check_steps(learn: LearnConfig, loss: Any) -> None:
    if not loss.needs_log_probs:
        raise ValueError(
            "learn.advantage has a value for each denoising step, and learn.loss does not score "
            "steps: take an advantage of whole images, such as learn/advantage=group_normalised"
        )
    if learn.credit != "image":
        raise ValueError(
            f"learn.credit={learn.credit}: advantages of denoising steps are of the whole image, "
            "set learn.credit=image"
        )


def _check_kl(kl: KlConfig, learn: LearnConfig, loss: Any) -> None:
    if kl.in_loss and not loss.needs_log_probs:
        raise ValueError(
            "learn.kl.where=loss: learn.loss does not score steps, so it has none to compare; set "
            "learn/kl=none" + ("" if learn.advantage is None else ", or set learn.kl.where=reward")
        )
    if not kl.in_loss and learn.advantage is None:
        raise ValueError(
            "learn.kl.where=reward: without an advantage nothing learns from that part of the "
            "reward; set learn/kl=none"
        )
    if kl.in_loss and part_of(kl.estimator) in _named("colorrl.learn.kl.WITHOUT_GRADIENT"):
        raise ValueError(
            "learn/kl=k1 in the loss: its gradient averages to 0; set learn.kl.where=reward, or "
            "take k2, k3 or exact"
        )
    if kl.target is not None and kl.coef == 0:
        raise ValueError(
            f"learn.kl.coef=0, target={kl.target}: a weight of 0 stays 0, for it is adapted by "
            "factors; give it one above 0"
        )

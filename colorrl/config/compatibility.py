"""Which parts of `learn` go together: checked when a configuration composes.

The parts state what they are in their YAML (`advantage.by`, `loss.reads`, `loss.off_policy`,
`kl.where`), so that a new one is checked without a line here.
"""

from __future__ import annotations

from colorrl.config.schema.generator import PolicyConfig
from colorrl.config.schema.learn import KlConfig, LearnConfig
from colorrl.config.schema.words import Spec


def check_reward(learn: LearnConfig, reward: Spec) -> None:
    """Raises ValueError for a reward without slope under a loss that follows its slope."""
    split = reward["combine"]["split"]["_target_"]
    if learn.loss.reads == "reward" and split == "colorrl.rewards.combine.verified":
        raise ValueError(
            "reward/combine=verified passes or fails and has no gradient for learn.loss to follow: "
            "take reward/combine=gated"
        )


def check_learn(learn: LearnConfig) -> None:
    """Raises ValueError, naming the keys and the remedy, for a combination without meaning."""
    reads = learn.loss.reads
    if learn.advantage is None and reads != "reward":
        raise ValueError(
            f"learn/advantage=none: a loss that reads {reads} weighs them by an advantage; "
            "choose one, such as learn/advantage=group_normalised"
        )
    if reads == "reward":
        _check_reward_gradient(learn)
    if learn.advantage is not None and learn.advantage.by == "step":
        _check_steps(learn)
    if not learn.loss.off_policy and learn.epochs * learn.optimizer_steps > 1:
        raise ValueError(
            f"learn.optimizer_steps={learn.optimizer_steps} x learn.epochs={learn.epochs}: this "
            "loss does not correct for a policy that has moved since it sampled, set both to 1"
        )
    if learn.kl is not None:
        _check_kl(learn.kl, learn)


def check_latent(learn: LearnConfig, policy: PolicyConfig) -> None:
    """Raises ValueError for parts that read pixels of states, where states are latents."""
    if policy.hub is None:
        return
    if learn.advantage is not None and learn.advantage.by == "step":
        raise ValueError(
            "learn.advantage reads the pixels of each state, and a pipeline's states are latents: "
            "take an advantage of whole images, such as learn=grpo"
        )
    if learn.aux is not None:
        raise ValueError(
            "learn/aux learns to denoise pixels, and a pipeline's states are latents: "
            "set learn/aux=none"
        )


def needs_noise(learn: LearnConfig) -> bool:
    """Whether the sampler must have stochastic steps: only they carry a log-density."""
    in_reward = learn.kl is not None and learn.kl.where == "reward"
    return learn.loss.reads == "transitions" or in_reward


def _check_reward_gradient(learn: LearnConfig) -> None:
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


def _check_steps(learn: LearnConfig) -> None:
    if learn.loss.reads != "transitions":
        raise ValueError(
            "learn.advantage has a value for each denoising step, and learn.loss reads "
            f"{learn.loss.reads}: take an advantage of whole images, such as "
            "learn/advantage=group_normalised"
        )
    if learn.credit != "image":
        raise ValueError(
            f"learn.credit={learn.credit}: advantages of denoising steps are of the whole image, "
            "set learn.credit=image"
        )


def _check_kl(kl: KlConfig, learn: LearnConfig) -> None:
    if kl.where == "loss" and learn.loss.reads != "transitions":
        raise ValueError(
            f"learn.kl.where=loss: a loss that reads {learn.loss.reads} has no transitions to "
            "compare; set learn/kl=none"
            + ("" if learn.advantage is None else ", or set learn.kl.where=reward")
        )
    if kl.where == "reward" and learn.advantage is None:
        raise ValueError(
            "learn.kl.where=reward: without an advantage nothing learns from that part of the "
            "reward; set learn/kl=none"
        )
    if kl.where == "loss" and kl.estimator["_target_"] == "colorrl.learn.kl.k1":
        raise ValueError(
            "learn/kl=k1 in the loss: its gradient averages to 0; set learn.kl.where=reward, or "
            "take k2, k3 or exact"
        )
    if kl.target is not None and kl.coef == 0:
        raise ValueError(
            f"learn.kl.coef=0, target={kl.target}: a weight of 0 stays 0, for it is steered by "
            "factors; give it one above 0"
        )

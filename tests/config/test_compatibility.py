"""What does not go together fails when it composes, naming the key and the remedy."""

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from colorrl.cli.compose_errors import explain
from colorrl.cli.help import options
from colorrl.config.compose import check, conf_dir
from colorrl.errors import UserError
from tests.tiny import composed

WRONG = {
    # a loss without log-densities
    ("learn=nft", "learn/kl=exact"): r"learn\.kl\.where=loss.*does not score steps.*reward$",
    ("learn=reward_backprop", "learn/kl=k3"): r"learn\.kl\.where=loss.*set learn/kl=none$",
    ("learn=reward_backprop", "learn/kl=k1"): r"learn\.kl\.where=reward.*set learn/kl=none",
    # the reward's own gradient
    ("learn=reward_backprop", "learn/advantage=gae"): r"takes no advantage.*advantage=none",
    ("learn=reward_backprop", "learn.credit=region"): r"learn\.credit=region.*credit=image",
    ("learn=reward_backprop", "learn.epochs=2"): r"learn\.epochs=2.*set both to 1",
    ("learn=grpo", "learn/advantage=none"): r"learn/advantage=none.*choose one",
    ("learn=reward_backprop", "reward=paired_verified"): r"no gradient.*reward/combine=gated",
    ("learn/kl=exact", "learn.kl.coef=0", "learn.kl.target=0.1"): r"adapted by factors",
    # a value for each step
    ("learn=nft", "learn/advantage=gae"): r"each denoising step.*not score steps.*group_normalised",
    ("learn=ppo_gae", "learn.credit=mix"): r"learn\.credit=mix.*credit=image",
    # samples that share their first steps
    ("learn=grpo", "sampler.branches=[2]"): r"sampler\.branches=\[2\].*take learn=branching",
    ("learn=branching", "sampler.branches=[3]"): r"make 3 samples.*group_size=8 is no multiple",
    ("learn=branching", "learn/loss=nft"): r"each denoising step.*not score steps",
    # a mean that no region is credited for
    ("reward=learned", "learn.credit=region"): r"credit=region.*'learned'.*~reward\.terms\.learned",
    # no ratio
    ("learn=rloo", "learn.optimizer_steps=2"): r"learn\.optimizer_steps=2.*set both to 1",
    ("learn=grpo", "learn/loss=reinforce"): r"learn\.optimizer_steps=2.*set both to 1",
    # a reward without pixels for a generator that paints them
    ("reward=paired_exact",): r"paint pixels.*reward=paired, or.*policy=region",
    ("reward=paired_exact", "policy=sd_control"): r"paint pixels.*reward=paired",
    # a gradient that averages to nothing
    ("learn=grpo", "learn/kl=k1", "learn.kl.where=loss"): r"learn/kl=k1 in the loss.*k2, k3 or",
    ("learn/kl=exact", "learn.kl.coef=-0.1"): r"learn\.kl\.coef=-0\.1",
    ("learn/kl=exact", "learn.kl.reset_every=0"): r"learn\.kl\.reset_every=0",
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_has_no_meaning_is_refused(words):
    """Each seen to pass where the check was left out."""
    with pytest.raises(UserError, match=WRONG[words]) as fault:
        composed("train", *words)
    assert fault.value.exit_code == 2


def test_a_mean_from_outside_that_no_region_is_credited_for_is_refused():
    GlobalHydra.instance().clear()
    term = "{_target_: tests.extensions.Brightness, role: mean, weight: 1.0}"
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = compose("train", ["learn.credit=mix", f"+reward.terms.bright={term}"])
    with pytest.raises(UserError, match=r"credit=mix.*'bright' has no reading per region"):
        check("train", cfg)


RIGHT = [
    ("learn=nft", "learn/kl=k1"),
    ("experiment=demo", "learn=nft", "learn/kl=none"),
    ("learn=grpo", "learn/loss=reward_backprop", "learn/advantage=none", "learn.optimizer_steps=1"),
    ("learn=nft", "learn.credit=region", "learn/auxiliary=ptx"),
    ("learn=ppo_gae", "learn/kl=k1", "learn/auxiliary=ptx"),
    ("learn=ppo_gae", "learn/loss=reinforce", "learn.optimizer_steps=1"),
    ("learn=rloo", "learn/loss=ppo_clip", "learn.optimizer_steps=2"),
    ("learn=reinforce", "learn/advantage=monte_carlo"),
    ("learn=reward_backprop", "learn/auxiliary=ptx"),
    ("learn=grpo", "learn/kl=k3", "learn.kl.target=0.01", "learn.kl.reset_every=400"),
    ("reward=paired_exact", "policy=region", "sampler=unmask"),
    ("reward=paired_exact", "policy=sd_control", "policy.hub.snap=true"),
]


@pytest.mark.parametrize("words", [*RIGHT, *((f"learn={name}",) for name in options("learn"))])
def test_what_has_a_meaning_composes(words):
    composed("train", *words)


@pytest.mark.parametrize(
    "words",
    [
        ("learn=nft", "learn.loss.function.clip_low=0.1"),
        ("learn=reward_backprop", "learn.loss.function.clip_dual=3.0"),
        ("learn=grpo", "learn.advantage.function.lam=0.9"),
    ],
)
def test_options_of_another_part_are_no_keys(words):
    """Such as a clip range without a ratio, or a value's settings without a value."""
    GlobalHydra.instance().clear()
    with (
        initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())),
        pytest.raises(Exception, match="Could not override") as fault,
    ):
        compose("train", [*words])
    key = words[1].split("=")[0]
    GlobalHydra.instance().clear()
    assert f"has no key '{key}'" in explain("train", [*words], fault.value)

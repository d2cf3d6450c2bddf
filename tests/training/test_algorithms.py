"""Every `learn=` on small real parts: ratio 1, resume to the bit, micro-batches.

The reward is a stand-in of one line, for rewards have tests of their own.
"""

import copy
from dataclasses import replace
from functools import partial

import pytest
import torch
from accelerate.state import AcceleratorState

from colorrl.cli.help import options
from colorrl.data.draw import Pool
from colorrl.data.load import load_pools
from colorrl.learn.estimators import key_of
from colorrl.run import checkpoint
from colorrl.scripts.train import update
from colorrl.training.steps import score
from colorrl.types import Scores
from tests.tiny import flat, train_config
from tests.updates import (
    SMALL,
    advantages_of,
    assert_ratio_one,
    assert_resumes,
    drawn,
    first_parts,
    local_of,
    sampled,
    started,
)

LEARNS = options("learn")
WITH_RATIO = [n for n in LEARNS if n not in ("nft", "best_of_n", "reward_backprop")]
SAMPLERS = {
    "flow_sde": ["sampler=flow_sde"],
    "cps": ["sampler=cps"],
    "ddim": ["sampler=ddim"],
    "window": ["sampler=cps", "sampler.window=[1,1]"],
    "pixels": ["sampler=flow_sde", "sampler/action=pixels"],
    "guided": ["sampler=cps", "sampler.guidance=1.5"],
}
SETS = "learn.auxiliary.sets={작은 세트: 1}"
# What a checkpoint holds besides: an adaptive weight, a start that was reset, a KL in the reward.
MORE = {
    "kl_in_loss": ["learn/kl=k3", "learn.kl.target=1e-5", "learn.kl.reset_every=2"],
    "kl_in_reward": ["learn=ppo_gae", "learn/kl=k1", "learn.kl.target=1e-5"],
    "ptx": ["learn=nft", "learn/auxiliary=ptx", "sampler=ode"],
    "ptx_of_sets": ["learn=nft", "learn/auxiliary=ptx", "sampler=ode", SETS],
    "guided": ["sampler.guidance=1.5", "learn/kl=exact"],
}
CRITIC = ["learn.advantage.function.warmup=0", "learn.advantage.function.clip=null"]


class Warm:
    """The red of a picture, by regions too: 0 to 1."""

    def score(self, image, sketch, group, progress):
        total = image[:, 0].mean((1, 2))
        own = torch.linspace(-0.1, 0.1, sketch.regions.n_slots) * total[:, None]
        return Scores(total, total, {"warm": total}, {}, own)

    def total(self, value):
        return value["warm"]


@pytest.fixture(scope="session")
def drawings_to_train(run_inputs):
    cfg = train_config(run_inputs, run_inputs)
    return load_pools(cfg.data, 32)


@pytest.fixture
def start(run_inputs, tmp_path, drawings_to_train):
    """Makes a run of ``words`` on the tiny set."""

    def make(*words):
        critic = CRITIC if "learn=ppo_gae" in words else []
        cfg = train_config(run_inputs, tmp_path, *SMALL, *critic, *words)
        return started(cfg, drawings_to_train)

    return make


def parts_of(run, drawings):
    return first_parts(run, drawings, Warm())


@pytest.mark.parametrize("walk", SAMPLERS)
@pytest.mark.parametrize("learn", WITH_RATIO)
def test_the_first_ratio_is_one_to_the_bit(start, drawings_to_train, learn, walk):
    """For every algorithm with a ratio and every sampler. Seen to fail with states cast to bf16."""
    run = start(f"learn={learn}", *SAMPLERS[walk])
    rollouts, parts = parts_of(run, drawings_to_train)
    assert_ratio_one(rollouts, parts)


@pytest.fixture
def own_precision():
    """Accelerate keeps the precision of a process's first Accelerator."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.usefixtures("own_precision")
@pytest.mark.parametrize("learn", ["grpo", "ppo_gae"])
def test_half_precision_is_the_network_s_alone(start, drawings_to_train, learn):
    """Under bf16 the ratio is 1 all the same, for states are stored and scored in fp32.

    Weights are fp32, so that a step of 1e-7 moves them. Seen to fail with states cast to bf16.
    """
    run = start(f"learn={learn}", "trainer.precision=bf16", "learn.lr=1e-7")
    rollouts, parts = parts_of(run, drawings_to_train)
    assert all(r.state.dtype == r.logp.dtype == torch.float32 for r in rollouts)
    assert all((part.columns["log_ratio"] == 0).all() for part in parts)
    before = [p.clone() for p in run.weights.parameters]
    update(run, drawings_to_train, Warm())
    assert all(p.dtype == torch.float32 for p in run.weights.parameters)
    moved = [(p - b).abs().max() for p, b in zip(run.weights.parameters, before, strict=True)]
    assert 0 < max(moved) < 1e-6


@pytest.mark.parametrize("name", [*LEARNS, *MORE])
def test_a_resumed_run_is_the_same_to_the_bit(start, drawings_to_train, tmp_path, name):
    """Two updates, a checkpoint, two more. Seen to fail without the estimator's or KL's state."""
    words = MORE.get(name, [f"learn={name}"])
    metrics = assert_resumes(partial(start, *words), drawings_to_train, Warm(), tmp_path)
    assert metrics["policy/grad_norm"] > 0


@pytest.mark.parametrize("name", [*LEARNS, *MORE])
def test_micro_batches_set_memory_and_not_the_gradient(start, drawings_to_train, name):
    words, gradients = MORE.get(name, [f"learn={name}"]), []
    for size in (1, 2):
        run = start(*words, f"trainer.micro_sketches={size}")
        _, parts = parts_of(run, drawings_to_train)
        assert len(parts) == 2 // size
        sum(part.loss for part in parts).backward()
        grads = [p.grad.flatten() for p in run.weights.parameters if p.grad is not None]
        gradients.append(torch.cat(grads))
    assert gradients[0].norm() > 0
    # the critic and group statistics amplify roundings of rewards that differ by little
    assert (gradients[0] - gradients[1]).norm() <= 1e-3 * gradients[0].norm()


def test_the_auxiliary_loss_may_see_other_drawings_than_those_colored(start, drawings_to_train):
    """A sketch for each that is coloured, by its seed. Seen to fail with ``rollout.sketch``."""
    run = start("learn=nft", "learn/auxiliary=ptx", "sampler=ode", "trainer.micro_sketches=2", SETS)
    auxiliary = run.objective.auxiliary
    groups, seen = auxiliary.pools[0].groups, []
    auxiliary.pools, colored = [Pool(groups[1:], 1.0)], [Pool(groups[:1], 1.0)]
    ptx = auxiliary.function
    auxiliary.function = lambda policy, sketch, *rest: (
        seen.append(sketch.id) or ptx(policy, sketch, *rest)
    )
    (rollout,), _ = parts_of(run, colored)
    assert set(rollout.sketch.id) == {groups[0][0].id}
    assert len(seen[0]) == 2 and not set(seen[0]) & set(rollout.sketch.id)
    seeds = torch.arange(40)
    assert set(auxiliary.sketches(seeds).id) == {s.id for group in groups[1:] for s in group}
    assert auxiliary.sketches(seeds).id[7] == auxiliary.sketches(seeds[7:8]).id[0]


def test_the_kl_in_the_reward_is_taken_from_it(start, drawings_to_train):
    """Spread over its steps; nothing at the start. Seen to fail with the sign turned."""
    run = start("learn=ppo_gae", "learn/kl=k3", "learn.kl.where=reward", "learn.kl.coef=1e3")
    seen = []

    def kept(rollouts, rewards, processes):
        return seen.append(rewards) or rewards, {}

    run.estimator = kept
    kept.per_step, kept.reads_states = True, True
    local = local_of(run)
    batch = drawn(run, drawings_to_train)[0]
    rollout = sampled(run, batch, local[0])
    scores = [score(Warm(), rollout, 1.0)]
    _, figures = advantages_of(run, [rollout], scores)
    assert figures == {"policy/kl_reward": 0}
    with torch.no_grad():
        for p in run.policy.parameters():
            p += 1e-3
    rollout = sampled(run, batch, local[0])
    _, figures = advantages_of(run, [rollout], scores)
    free, paid = (rewards[0] for rewards in seen)
    assert torch.equal(free[:, -1], scores[0].total) and not free[:, :-1].any()
    lost = (free - paid)[:, rollout.stochastic]
    assert (lost > 0).all() and not (free - paid)[:, ~rollout.stochastic].any()
    assert lost.sum(1).mean().item() == pytest.approx(1e3 * figures["policy/kl_reward"], rel=1e-4)


def test_the_start_is_reset_and_the_weight_steered(start, drawings_to_train):
    run = start(
        "learn/kl=exact", "learn.kl.target=1e9", "learn.kl.reset_every=2", "learn.kl.coef=1"
    )
    first = copy.deepcopy(run.reference.state_dict())
    metrics, _ = update(run, drawings_to_train, Warm())
    assert metrics["policy/kl_coef"] == 1 and run.penalty.coef == pytest.approx(0.98)
    assert all(torch.equal(v, first[k]) for k, v in run.reference.state_dict().items())
    update(run, drawings_to_train, Warm())
    now = run.policy.state_dict()
    assert all(torch.equal(v, now[k]) for k, v in run.reference.state_dict().items())
    assert any(not torch.equal(v, first[k]) for k, v in now.items())


def test_statistics_are_keyed_by_the_sketch_s_id(start, drawings_to_train):
    """Not by its place or its looks: two sketches alike stay two. Seen to fail with places."""
    run = start("learn=reinforce_sketch")
    update(run, drawings_to_train, Warm())
    drawn = {s.id for group in drawings_to_train[0].groups for s in group}
    known = {key_of(name) for name in drawn}
    past = run.estimator.function.past
    assert set(past) <= known and len(past) == 2
    assert all(len(rewards) == 2 for rewards in past.values())
    one, twin = (replace(drawings_to_train[0].groups[0][0], id=name) for name in ("x", "y"))
    assert key_of(one.id) != key_of(twin.id)


def test_a_checkpoint_names_what_it_cannot_hold(start, drawings_to_train, tmp_path):
    """All states are plain: what a strict load brings back is what was saved."""
    run = start("learn=ppo_gae")
    update(run, drawings_to_train, Warm())
    run.save(tmp_path)
    found = flat(checkpoint.load(checkpoint.latest(tmp_path)))
    assert found.keys() == flat(run.state()).keys()

"""The Gymnasium environment: both libraries' own checks, returns, seeds, moves, the vector form."""

import re
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import SyncVectorEnv
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import colorrl.environment
from colorrl.environment.region_coloring import RegionColoring
from colorrl.environment.vector import RegionColoringVector
from colorrl.task.deck import paint_entries
from tests.task.rewards import reward

CHECKOUT = Path(__file__).resolve().parents[2]
FORMS = [{}, {"dense": True}, {"any_order": True}, {"any_order": True, "dense": True}]


def played(env, draw, **reset):
    """(rewards, last info) of one episode of moves that the mask allows."""
    _, info = env.reset(**reset)
    rewards, done = [], False
    while not done:
        action = draw.choice(np.flatnonzero(info["action_mask"]))
        _, pay, done, cut, info = env.step(action)
        assert not cut
        rewards.append(pay)
    return rewards, info


@pytest.mark.parametrize("form", FORMS)
def test_both_libraries_accept_it(sketches, form):
    """Seen to fail with observations in float64."""
    env = RegionColoring(sketches, reward("free"), render_mode="rgb_array", **form)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*unconventional shape.*")  # region tables
        warnings.filterwarnings("ignore", message=".*not within the observation space.*|.*spec.*")
        check_env(env)
        check_env_sb3(env)


@pytest.mark.parametrize("kind", ["free", "paired"])
@pytest.mark.parametrize("form", FORMS)
def test_the_return_is_the_total_of_the_painted_page(sketches, kind, form):
    """Scored here on its own, as `reward.total` of one page.

    Seen to fail with a dense form that pays each page's whole reward.
    """
    env, draw = RegionColoring(sketches, reward(kind), **form), np.random.default_rng(1)
    for drawing in range(len(sketches)):
        rewards, info = played(env, draw, options={"drawing": drawing})
        alone = env.rules.deck.sketch.select([drawing])
        page = paint_entries(env.rules.deck, torch.tensor([drawing]), env.play.entry)
        total = float(reward(kind).score(page, alone, torch.tensor([0])).total)
        assert abs(sum(rewards) - total) < 1e-6 and info["total"] == pytest.approx(total, abs=1e-6)
        if not form.get("dense"):
            assert not any(rewards[:-1])


def test_it_is_a_function_of_its_seed():
    """Seen to fail with drawings chosen by numpy's global generator."""
    env = gymnasium.make(colorrl.environment.ID)
    first, second = (
        [env.reset(seed=7)[0]["regions"], *(env.reset()[0]["regions"] for _ in range(5))]
        for _ in range(2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert any(not np.array_equal(first[0], other) for other in first[1:])


def test_a_lost_move_changes_nothing(sketches):
    """With any_order: a region that has its colour keeps it, and the episode still ends."""
    env = RegionColoring(sketches, reward("free"), any_order=True)
    env.reset(options={"drawing": 1})
    width = env.rules.deck.n_palette
    env.step(2 * width + 1)
    mask = env.action_masks().reshape(-1, width)
    assert not mask[2].any() and mask[0].any()
    env.step(2 * width)
    assert env.play.entry[0, 2] == 1 and int(env.play.colored.sum()) == 1
    n_regions = int(env.rules.deck.n_regions[1])
    done = [env.step(2 * width)[2] for _ in range(n_regions - 2)]
    assert done == [False] * (n_regions - 3) + [True]
    with pytest.raises(ValueError, match="call reset"):
        env.step(0)


def test_regions_in_order_and_what_is_seen(sketches):
    """``next`` walks from the largest region on and colours stand where they were put."""
    env = RegionColoring(sketches, reward("free"))
    seen, _ = env.reset(options={"drawing": 3})
    assert not seen["colors"][:, 3].any() and seen["next"].argmax() == 0
    seen, *_ = env.step(1)
    assert seen["next"].argmax() == 1 and seen["next"].sum() == 1
    np.testing.assert_allclose(seen["colors"][0], [*seen["palette"][1, :3], 1.0])
    shares = seen["regions"][:, 6]
    assert (np.diff(shares) <= 0).all() and abs(shares.sum() - 1) < 1e-5


def test_a_picture_of_the_page_so_far(sketches):
    env = RegionColoring(sketches, reward("free"), render_mode="rgb_array")
    env.reset(options={"drawing": 1})
    blank = env.render()
    env.step(0)
    assert blank.shape == (256, 256, 3) and blank.dtype == np.uint8
    changed = (env.render() != blank).any(2).mean()
    area = sketches[1].regions.area[int(env.rules.deck.region[1, 0])] / 64**2
    assert abs(changed - float(area)) < 0.05  # ink at the region's border belongs to it too


@pytest.mark.parametrize("form", FORMS)
def test_the_vector_is_many_single_ones(sketches, form):
    """Step for step Gymnasium's own SyncVectorEnv, through ends of episodes.

    Seen to fail with games that restart at the step that ends them.
    """
    ours = RegionColoringVector(5, sketches, reward("free"), **form)
    single = SyncVectorEnv([lambda: RegionColoring(sketches, reward("free"), **form)] * 5)
    assert ours.single_observation_space == single.single_observation_space
    draw = np.random.default_rng(0)
    pairs = [(ours.reset(seed=3), single.reset(seed=3))]
    for _ in range(20):
        actions = draw.integers(ours.single_action_space.n, size=5)
        pairs.append((ours.step(actions), single.step(actions)))
    for mine, theirs in pairs:
        for name, value in theirs[0].items():
            np.testing.assert_array_equal(mine[0][name], value)
        for a, b in zip(mine[1:-1], theirs[1:-1], strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)  # pages scored alone or together
        assert mine[-1].keys() == theirs[-1].keys()
        for name, value in theirs[-1].items():
            close = np.testing.assert_allclose if name == "total" else np.testing.assert_array_equal
            close(mine[-1][name], value)
    assert any(mine[2].any() for mine, _ in pairs[1:])


def test_gymnasium_finds_both_forms():
    """By name, as the entry point of pyproject.toml registers them."""
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    assert '__root__ = "colorrl.environment:register"' in text
    colorrl.environment.register()  # a second time does no harm
    env = gymnasium.make(colorrl.environment.ID, limit=3)
    many = gymnasium.make_vec(colorrl.environment.ID, num_envs=2, limit=3)
    assert isinstance(env.unwrapped, RegionColoring) and isinstance(many, RegionColoringVector)


def test_drawings_that_do_not_fit_are_refused(sketches):
    with pytest.raises(ValueError, match="raise max_regions"):
        RegionColoring(sketches, reward("free"), max_regions=1)


def test_a_prepared_set_is_read(run_inputs):
    env = RegionColoring(run_inputs / "작은 세트", reward("free"), split="train")
    assert env.rules.deck.sketch.line.shape[2] == 32 and env.reset(seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("block", [0, 1])
def test_the_lines_of_the_readme_run(block, tmp_path, monkeypatch):
    """DQN and PPO of Stable-Baselines3 train, unmodified."""
    page = (CHECKOUT / "colorrl" / "environment" / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict = {}
    exec(found[block], names)
    if block == 0:
        assert -0.01 <= names["mean"] <= 1

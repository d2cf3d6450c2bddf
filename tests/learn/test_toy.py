"""Every algorithm and credit learns a toy whose optimum is known; shuffled advantages do not.

Four sketches of two regions. The policy is a table of region colours; its prediction of the clean
image leans on the state, so that noise reaches the picture. The transitions, noise, log-densities,
advantages and losses are the real ones.
"""

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor

from colorrl.config import conf_dir
from colorrl.learn.advantage import assign
from colorrl.policy.noise import draw_noise, logp_regions, one_hot
from colorrl.policy.transition import step, stochastic_steps, time_grid
from colorrl.seeding import seed_of

SKETCHES, GROUP, SIDE, SLOTS, RHO, ETA = 4, 8, 6, 3, 0.5, 0.7
UPDATES, LR = 50, 0.04
START, PASSED = 0.45, 0.7  # rewards: below at the start, above when learnt; 1 is perfect
GRID = time_grid(4, 3.0)
NOISY = stochastic_steps("cps", ETA, GRID).nonzero().flatten().tolist()
OWNER = (torch.arange(SIDE * SIDE).view(1, SIDE, SIDE) >= 12).long() + 1  # 12 and 24 pixels
OWNERS = OWNER.expand(SKETCHES * GROUP, -1, -1)
HOT = one_hot(OWNERS, SLOTS)
COUNT = HOT.sum(2)  # pixels
TARGET = torch.rand(SKETCHES, 2, 3, generator=torch.Generator().manual_seed(1)) * 1.6 - 0.8


def predict(table: Tensor, x: Tensor) -> Tensor:
    """Clean image (N, 3, H, W): the table's colours, leaning on the state's regions' means."""
    mean = (x.flatten(2) @ HOT.transpose(1, 2) / COUNT.clamp(min=1)[:, None])[:, :, 1:]
    colour = table.repeat_interleave(GROUP, 0).transpose(1, 2) + 0.3 * mean  # (N, 3, 2)
    return colour[:, :, OWNER[0] - 1]


def reward_of(image: Tensor) -> tuple[Tensor, Tensor]:
    """Total (N,) and difference credit (N, SLOTS) of a product over regions, in [0, 1]."""
    target = TARGET.repeat_interleave(GROUP, 0)
    colour = torch.stack([image[:, :, OWNER[0] == r].mean(2) for r in (1, 2)], 1)  # (N, 2, 3)
    near = torch.exp(-2 * (colour - target).square().sum(2))  # (N, 2)
    usual = near.view(SKETCHES, GROUP, 2).mean(1).repeat_interleave(GROUP, 0)
    total = near.prod(1)
    credit = total[:, None] - near.flip(1) * usual
    return total, torch.cat([torch.zeros(len(total), 1), credit], 1)


def score(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return logp_regions((x - mean) / std, std, OWNERS, SLOTS, RHO, HOT)


def rollout(table: Tensor, update: int) -> tuple[list[Tensor], dict[int, Tensor]]:
    """States at the times of the grid, and the log-densities (N, SLOTS) of stochastic steps."""
    seeds = [
        torch.tensor([seed_of(0, update, k, i) for i in range(len(OWNERS))])
        for k in range(len(GRID))
    ]
    states, logp = [draw_noise(OWNERS, SLOTS, RHO, seeds[0])], {}
    for k in range(len(GRID) - 1):
        x = states[-1]
        mean, std = step("cps", x, predict(table, x), GRID[k], GRID[k + 1], ETA)
        states.append(mean + std * draw_noise(OWNERS, SLOTS, RHO, seeds[k + 1]))
        if k in NOISY:
            logp[k] = score(states[-1], mean, std)
    return states, logp


def train(algorithm: str, credit: str, shuffled: bool = False) -> tuple[float, float]:
    """Mean reward of the first three and of the last ten updates."""
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir() / "learn")):
        # The table is no network: its ratio moves more at a step, so its range is wider.
        wider = ["loss.clip_low=0.01", "loss.clip_high=0.01"] if "grpo" in algorithm else []
        cfg = compose(algorithm, wider)
    advantage_of, loss_of = instantiate(cfg.advantage), instantiate(cfg.loss)
    table = torch.zeros(SKETCHES, 2, 3, requires_grad=True)
    optimizer = torch.optim.Adam([table], lr=LR)
    group = torch.arange(SKETCHES).repeat_interleave(GROUP)
    chance, rewards = torch.Generator().manual_seed(0), []
    for update in range(UPDATES):
        with torch.no_grad():
            states, logp_old = rollout(table, update)
        total, per_region = reward_of(states[-1])
        rewards.append(total.mean().item())
        if shuffled:
            order = torch.randperm(len(total), generator=chance)
            total, per_region = total[order], per_region[order]
        advantage = assign(
            credit, advantage_of(total, group), per_region, group, 3 * COUNT, cfg.credit_mix
        )
        for _ in range(cfg.optimizer_steps):
            losses = []
            for k in NOISY:
                mean, std = step("cps", states[k], predict(table, states[k]), *GRID[k : k + 2], ETA)
                logp = score(states[k + 1], mean, std)
                losses.append(loss_of(logp, logp_old[k], advantage, 3 * COUNT).loss)
            optimizer.zero_grad()
            torch.stack(losses).mean().backward()
            optimizer.step()
    return sum(rewards[:3]) / 3, sum(rewards[-10:]) / 10


ALGORITHMS = sorted(p.stem for p in (conf_dir() / "learn").glob("[!_]*.yaml"))


CASES = [(a, c) for a in ALGORITHMS for c in ("image", "region")] + [("grpo", "mix")]


@pytest.mark.parametrize(("algorithm", "credit"), CASES)
def test_learns_past_a_fixed_threshold(algorithm, credit):
    before, after = train(algorithm, credit)
    assert before < START
    assert after > PASSED


@pytest.mark.parametrize(
    ("algorithm", "credit"), [("grpo", "image"), ("grpo", "region"), ("reinforce", "image")]
)
def test_shuffled_rewards_teach_nothing(algorithm, credit):
    _, after = train(algorithm, credit, shuffled=True)
    assert after < START

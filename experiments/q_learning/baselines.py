"""What value-based learning is compared with, on the drawings of `colorrl q_learning`'s defaults.

    python experiments/q_learning/baselines.py [REWARD CALLS [PART OF A NAME]]

Total lost against the best colouring, on the drawings that may be learnt on and on held-out ones.
Writes baselines.md beside this file, row by row; with part of a name it prints those rows alone.
"""

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import gymnasium
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from stable_baselines3 import DQN, PPO
from torch.nn.functional import cross_entropy

import colorrl.environment
from colorrl.config.compose import check, conf_dir
from colorrl.data.batch import collate
from colorrl.data.draw import Pool
from colorrl.evaluation.baselines import assigned
from colorrl.evaluation.baselines.nearest import fit
from colorrl.evaluation.judge import make_judge
from colorrl.metrics import bootstrap_ci
from colorrl.planning.pages import rewards, snapped_to_palette
from colorrl.policy.pipeline import save_generator
from colorrl.policy.region_flow import RegionFlow
from colorrl.policy.region_tokens import RegionTokens
from colorrl.q_learning.approximators import elsewhere, network
from colorrl.q_learning.decisions import END, enumerated
from colorrl.q_learning.learner import greedy_totals
from colorrl.q_learning.report import interval
from colorrl.report import table
from colorrl.rewards.cheats.given import region_colors
from colorrl.scripts import train
from colorrl.scripts.q_learning import small_sketches
from colorrl.task.deck import make_deck
from colorrl.training.state import Training

PAGE = Path(__file__).parent / "baselines.md"
N_CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 3200
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""


def main():
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = check("q_learning", compose("q_learning"))
    reward = instantiate(cfg.reward)
    splits = ((cfg.split, cfg.limit), (cfg.held_out, cfg.held_out_limit))
    sketches = [small_sketches(cfg, *split) for split in splits]
    games = [enumerated(make_deck(found), reward) for found in sketches]
    each, nearest = N_CALLS // len(sketches[0]), fit(sketches[0])
    body = []
    for name, lost in (
        ("one random colouring", lambda: [best_of_random(g, 1) for g in games]),
        (f"best of {each} random colourings of each drawing",
         lambda: [best_of_random(games[0], each), None]),
        ("area_share", lambda: [colored(g, reward, assigned.area_share) for g in games]),
        ("area_search", lambda: [colored(g, reward, assigned.area_search) for g in games]),
        ("nearest_regions", lambda: [colored(g, reward, nearest) for g in games]),
        ("supervised entries, the same network", lambda: supervised(*games)),
        ("grpo_entries, an untrained generator", lambda: over_seeds(
            sketches, games, reward, "sampler=entries", partial(
                RegionFlow, size=32, patch=4, width=32, n_blocks=1, n_token_layers=2, n_heads=2))),
        ("policy=region with grpo, untrained", lambda: over_seeds(
            sketches, games, reward, "sampler=unmask", partial(
                RegionTokens, size=32, patch=4, width=32, n_blocks=1, n_encoder_layers=1,
                n_decoder_layers=1, n_heads=2, n_codes=8))),
        ("Stable-Baselines3 DQN", lambda: peer(
            DQN, sketches, games, reward, learning_starts=500, exploration_fraction=0.5)),
        ("Stable-Baselines3 PPO", lambda: peer(PPO, sketches, games, reward, n_steps=256)),
    ):  # fmt: skip
        if ONLY not in name:
            continue
        body.append([name, *map(shown, lost())])
        print(*body[-1], flush=True)
        head = ["baseline", f"total lost, {len(sketches[0])} drawings",
                f"held-out lost, {len(sketches[1])} drawings"]  # fmt: skip
        if not ONLY:
            PAGE.write_text(table.markdown(head, body) + "\n", encoding="utf-8")


def best_of_random(game, n):
    """(M,) lost by the best of ``n`` colourings of each drawing, all alike in chance."""
    draw, lost = torch.Generator().manual_seed(0), []
    for m, best in enumerate(game.best.tolist()):
        last = (game.drawing == m) & ((game.successor == END) & game.possible).any(1)
        paid = game.reward[last][game.possible[last]]
        lost.append(best - float(paid[torch.randint(len(paid), (n,), generator=draw)].max()))
    return torch.tensor(lost)


def colored(game, reward, coloring):
    """(M,) lost by a baseline of `colorrl evaluate`, its regions snapped to palette entries."""
    lost = []
    for m, best in enumerate(game.best.tolist()):
        alone = game.deck.sketch.select([m])
        page = snapped_to_palette(coloring(alone, torch.Generator().manual_seed(m)), alone)
        lost.append(best - float(rewards(reward, page, alone)))
    return torch.tensor(lost)


def supervised(game, held_out):
    """The network fitted to the true entries by cross entropy. It sees the truth, and no reward."""
    torch.manual_seed(0)
    q, entry = network(game, 1e-3, 32), true_entries(game.deck)
    rank = torch.arange(entry.shape[1])
    path = torch.where(rank < game.depth[:, None], entry[game.drawing], -1)
    state = (game.entry == path).all(1).nonzero()[:, 0]  # those that the truth passes through
    action = entry[game.drawing[state], game.depth[state]]
    state, action = state[action >= 0], action[action >= 0]
    for _ in range(400):
        found = q.module(*(x[state] for x in q.inputs)).masked_fill(~game.possible[state], -1e9)
        q.optimizer.zero_grad()
        cross_entropy(found, action).backward()
        q.optimizer.step()
    away = greedy_totals(elsewhere(q, held_out), held_out)
    return game.best - greedy_totals(q, game), held_out.best - away


def true_entries(deck):
    """(M, R) the entry of each region in the truth, -1 where it is bare."""
    mean = region_colors(deck.sketch).gather(1, deck.region[..., None].expand(-1, -1, 3))
    away = torch.cdist(mean, deck.sketch.palette)
    near, entry = away.masked_fill((deck.sketch.share == 0)[:, None], torch.inf).min(2)
    return torch.where((near < 0.02) & (deck.region > 0), entry, -1)


def over_seeds(*setting):
    """Mean lost by the learners of three seeds: mean and Student's interval, [x, low, high]."""
    of_seed = [by_grpo(*setting, seed) for seed in range(3)]
    return [interval(torch.stack(means)) for means in zip(*of_seed, strict=True)]


def by_grpo(sketches, games, reward, sampler, make, seed):
    """A generator of random weights after N_CALLS samples of the drawings that may be learnt on.

    Judged by one deterministic sample of each drawing, snapped to its palette.
    """
    with TemporaryDirectory() as folder:
        torch.manual_seed(seed)
        save_generator(Path(folder), make(), n_steps=4, shift=1.0, rho=0.0)
        words = [f"policy.path={folder}", sampler, "learn=grpo", "learn.lr=1e-3", "device=cpu",
                 f"seed={seed}", f"trainer.updates={N_CALLS // 64}"]  # fmt: skip
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            run = Training(check("train", compose("train", words)))
    pool = Pool([[sketch] for sketch in sketches[0]], 1.0)
    run.n_slots = 1 + max(s.regions.n_regions for s in sketches[0])
    for _ in range(N_CALLS // 64):
        train.update(run, [pool], reward)
    lost = []
    with run.weights.averaged():
        for some, game in zip(sketches, games, strict=True):
            batch = collate(some, n_palette=run.cfg.trainer.n_palette)
            pages = make_judge(some, reward, run.device, 16).color(run.policy, run.grid, 0.0, seed)
            total = rewards(reward, snapped_to_palette(pages, batch), batch)
            lost.append((game.best - total).mean())
    run.close()
    return lost


class First(gymnasium.Wrapper):
    """Plays the first ``n`` drawings alone, unless one is asked for."""

    def __init__(self, env, n):
        super().__init__(env)
        self.n = n

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self.env.reset(seed=seed)
        chosen = {"drawing": int(self.unwrapped.np_random.integers(self.n))}
        return self.env.reset(options=options or chosen)


def peer(kind, sketches, games, reward, **settings):
    """An agent of Stable-Baselines3 after N_CALLS games on the drawings that may be learnt on."""
    n = len(sketches[0])
    env = First(
        gymnasium.make(
            colorrl.environment.ID, drawings=[*sketches[0], *sketches[1]], reward=reward
        ),
        n,
    )  # of one deck, so that both are padded alike
    moves = float(env.unwrapped.rules.deck.n_regions[:n].float().mean())
    agent = kind("MultiInputPolicy", env, gamma=1.0, seed=0, **settings)
    agent.learn(int(N_CALLS * moves))
    best = torch.cat([games[0].best, games[1].best])
    totals = torch.tensor([greedy(agent, env, m) for m in range(len(best))])
    return (best - totals)[:n], (best - totals)[n:]


def greedy(agent, env, drawing):
    """Total of one drawing coloured greedily."""
    seen, info = env.reset(options={"drawing": drawing})
    while "total" not in info:
        seen, *_, info = env.step(int(agent.predict(seen, deterministic=True)[0]))
    return info["total"]


def shown(lost):
    """Of drawings (M,) the mean and its bootstrap interval; of seeds what `interval` gave."""
    if lost is None:
        return "-"
    three = lost if isinstance(lost, list) else [float(lost.mean()), *bootstrap_ci(lost)]
    return "{:.3f} [{:.3f}, {:.3f}]".format(*three)


if __name__ == "__main__":
    main()

"""Sampling and RL updates: region tokens beside the flow network at one size, in one run.

python experiments/region_tokens/speed.py OUTPUT.json [SIZE]

CPU seconds of one thread (not the clock: the machine is shared), the lesser of two calls.
Weights are untrained, which changes no amount of work. Needs data=dicebear prepared.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

sys.path.insert(0, str(Path(__file__).parents[2]))

from colorrl.config.compose import check, conf_dir
from colorrl.data.batch import collate
from colorrl.data.draw import PoolOf, by_drawing
from colorrl.data.load import load_sketches
from colorrl.policy.pipeline import load_generator, save_generator
from colorrl.training.state import Training
from colorrl.training.steps import optimize_policy, score, step_orders
from tests.updates import advantages_of, drawn, local_of, sampled

GROUP, SKETCHES = 16, 16
KINDS = {
    "flow": ["policy=flow_small", "sampler=cps", "reward=paired"],
    "region": ["policy=region", "sampler=unmask", "reward=paired_exact"],
}


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of ``work``: the lesser of two calls."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def config(words: list[str], folder: Path, size: int):
    patch = size // 16 if words == KINDS["flow"] else size // 32
    more = [f"policy.path={folder}", f"policy.network.size={size}", f"policy.network.patch={patch}"]
    more += ["data=dicebear", "device=cpu", f"runs={folder}/runs"]
    return check("train", compose("train", overrides=[*words, *more]))


def measure(words: list[str], folder: Path, size: int) -> dict[str, float]:
    cfg = config(words, folder, size)
    n_steps, flow = 8, "flow" in words[0]
    save_generator(
        folder, instantiate(cfg.policy.network), n_steps=n_steps, shift=1.5 if flow else 1.0,
        rho=0.5 if flow else 0.0,
    )  # fmt: skip
    sketches = load_sketches(cfg.data, "val", size, SKETCHES)
    generator = load_generator(str(folder))
    batches = [collate([s], n_palette=16).repeat(GROUP) for s in sketches[:4]]
    found = {"images": GROUP * len(batches)}
    seeds = torch.arange(GROUP)
    found["sample_s"] = seconds(lambda: [generator.sample(b, seeds) for b in batches])
    run = Training(cfg)
    run.n_slots = 1 + max(s.regions.n_regions for s in sketches)
    reward = instantiate(cfg.reward)
    drawings = [PoolOf(by_drawing(sketches, {}), 1.0)]
    batches, local = drawn(run, drawings), local_of(run)

    def sample_all():
        return [sampled(run, b, i) for b, i in zip(batches, local, strict=True)]

    rollouts = sample_all()
    scores = [score(reward, r, 1.0) for r in rollouts]
    advantages, _ = advantages_of(run, rollouts, scores)
    found["rollout_s"] = seconds(sample_all)
    found["reward_s"] = seconds(lambda: [score(reward, r, 1.0) for r in rollouts])
    loss_of, orders = run.objective.at(run.actor, reward, 1.0), step_orders(cfg.learn, run.seeds)
    found["learn_s"] = seconds(
        lambda: optimize_policy(loss_of, run.weights, rollouts, advantages, orders, run.processes)
    )
    return found


def main() -> None:
    output, size = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 128
    torch.set_num_threads(1)
    with initialize_config_dir(str(conf_dir().absolute()), version_base="1.3"):
        found = {}
        for name, words in KINDS.items():
            with tempfile.TemporaryDirectory() as folder:
                found[name] = measure(words, Path(folder), size)
    flow, region = found["flow"], found["region"]
    policy = ("rollout_s", "learn_s")
    update = (*policy, "reward_s")
    found["ratio"] = {
        "sampling": flow["sample_s"] / region["sample_s"],
        "update_without_reward": sum(flow[k] for k in policy) / sum(region[k] for k in policy),
        "update": sum(flow[k] for k in update) / sum(region[k] for k in update),
    }
    text = json.dumps({"size": size} | found, indent=1)
    output.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

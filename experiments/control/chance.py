"""Does it follow the line art and the colour names? python experiments/control/chance.py [drawings]

Test drawings coloured with their own conditions, with the names of another drawing, with another
drawing's line art, and with both. Another drawing is the one before, of drawings in random order.
Writes chance.md.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import Tensor

from colorrl.config.compose import check, conf_dir
from colorrl.data.load import load_sketches
from colorrl.evaluation.baselines.assigned import random_palette
from colorrl.evaluation.contestants import fill
from colorrl.evaluation.judge import Judge, make_judge, paired_gains
from colorrl.policy.pipeline import load_policy, ode_sample
from colorrl.report.table import markdown
from colorrl.seeding import seed_of

HERE, SAMPLES = Path(__file__).parent, 2
WORDS = ["policy=sd_small", "data=dicebear", "reward=paired_exact", "split=test", "device=cpu"]
METRICS = {"reward": "eval/reward", "regions right": "eval/region_accuracy",
           "gold pixel share": "gold/pixel_share", "grouping ARI": "eval/grouping_ari"}  # fmt: skip
OWN = "own line art, own names"
ROWS = {
    OWN: (False, False),
    "own line art, another's names": (False, True),
    "another's line art, own names": (True, False),
    "another's line art and names": (True, True),
}


class Conditioned:
    """The policy with line art or text of other rows of the batch; regions stay each row's own."""

    def __init__(self, policy, line, text):
        self.policy, self.line, self.text = policy, line, text
        self.space, self.predict = policy.space, policy.predict

    def encode(self, sketch):
        own = self.policy.encode(sketch)
        other = own.control.roll(1, 0) if self.line else own.control
        text = {k: v.roll(1, 0) if self.text else v for k, v in own.text.items()}
        return replace(own, control=other, text=text)


@torch.no_grad()
def colored(judge: Judge, policy, grid: Tensor, seed: int) -> Tensor:
    """(M, 3, H, W): one sample of each sketch."""
    return torch.cat(
        [
            ode_sample(
                policy,
                batch,
                grid,
                0.0,
                torch.tensor([seed_of(seed, b, i) for i in range(len(batch))]),
            )
            for b, batch in enumerate(judge.batches)
        ]
    )


def mean_of(judge: Judge, draw) -> dict[str, Tensor]:
    """Each sketch's figures, means over samples."""
    found = [judge.measure(draw(seed)) for seed in range(SAMPLES)]
    return {name: torch.stack([f[name] for f in found]).mean(0) for name in METRICS.values()}


def main(limit: int = 96) -> None:
    torch.set_num_threads(1)
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = check("evaluate", compose("evaluate", WORDS))
    generator = load_policy(cfg.policy)
    sketches = load_sketches(cfg.data, "test", generator.size, limit)
    mixed = torch.randperm(len(sketches), generator=torch.Generator().manual_seed(0)).tolist()
    judge = make_judge(
        [sketches[i] for i in mixed], instantiate(cfg.reward), torch.device("cpu"), 16
    )
    found = {}
    for name, (line, text) in ROWS.items():
        policy = Conditioned(generator.network, line, text)
        found[name] = mean_of(judge, lambda seed, p=policy: colored(judge, p, generator.grid, seed))
    found["a palette colour at random by its share"] = mean_of(
        judge, lambda seed: fill(judge.batches, random_palette, seed)
    )
    table = []
    for name, columns in found.items():
        gains = paired_gains(columns, found[OWN])
        cells = [f"{columns[m].nanmean():.3f}" for m in METRICS.values()]
        if name != OWN:
            cells = [
                f"{c} ({g[0]:+.3f} [{g[1]:+.3f}, {g[2]:+.3f}])"
                for c, g in zip(cells, gains.values(), strict=True)
            ]
        table.append([name, *cells])
    text = markdown([f"{len(sketches)} drawings, {SAMPLES} samples", *METRICS], table)
    (HERE / "chance.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

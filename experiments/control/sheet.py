"""Contact sheet: python experiments/control/sheet.py [NAME=RUN ...]

Test drawings, chosen by the seed: line art, truth, the truth through the VAE, two samples of the
start, and one of each RUN with the noise of the first. Writes samples.png.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from chance import WORDS
from hydra import compose, initialize_config_dir
from torchvision.transforms.functional import to_pil_image

from colorrl.config.compose import check, conf_dir
from colorrl.data.batch import collate
from colorrl.data.load import load_sketches
from colorrl.policy.pipeline import load_policy
from colorrl.report.panel import rows_of

HERE, DRAWINGS = Path(__file__).parent, 12


def settings(*words: str):
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return check("evaluate", compose("evaluate", [*WORDS, *words]))


def main(*runs: str) -> None:
    torch.set_num_threads(1)
    cfg = settings()
    start = load_policy(cfg.policy)
    found = load_sketches(cfg.data, "test", start.size)
    chosen = torch.randperm(len(found), generator=torch.Generator().manual_seed(cfg.seed))
    batch = collate([found[i] for i in chosen[:DRAWINGS].tolist()])
    seeds = torch.arange(DRAWINGS)
    through, _ = start.ceilings.values()
    rows = {
        "through the VAE": through(batch),
        "start": start.sample(batch, seeds),
        "start, again": start.sample(batch, seeds + 1000),
    }
    for name, run in (one.split("=", 1) for one in runs):
        rows[name] = load_policy(settings(f"policy.lora='{run}'").policy).sample(batch, seeds)
    picture = to_pil_image(rows_of(batch, rows, DRAWINGS))
    picture.resize((2 * picture.width, 2 * picture.height), 0).save(
        HERE / "samples.png", optimize=True
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

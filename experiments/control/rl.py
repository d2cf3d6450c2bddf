"""A LoRA of it by RL: python experiments/control/rl.py [minutes=N] [METHOD:SEED ...]

Trains what is named (default: all) and measures every run that has ended on test drawings, beside
the start and the best of 4 of the start. Writes table.md. A run that was killed or that ran out of
minutes goes on; what is there is not made again.
"""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir

from colorrl.config.compose import check, conf_dir, run_dir
from colorrl.metrics import bootstrap_ci
from colorrl.report.table import markdown
from colorrl.scripts import train

HERE, RUNS, SEEDS = Path(__file__).parent, Path("runs/control"), (0, 1, 2)
COMMON = [
    "policy=sd_small", "data=dicebear", "reward=paired_exact", "augment=flip", "device=cpu",
    f"runs={RUNS}", "trainer.updates=50", "trainer.sketches=8", "trainer.group_size=8",
    "trainer.micro_sketches=8", "trainer.eval_every=25", "trainer.eval_sketches=32",
    "trainer.save_every=5", "learn.ema_decay=0.9", "learn.lr=1e-3",
]  # fmt: skip
METHODS = {
    "grpo": ["learn=grpo", "learn.credit=mix", "sampler=cps", "sampler.window=[0,3]"],
    "nft": ["learn=nft", "sampler=ode"],
}
EVALUATE = [
    "policy=sd_small", "data=dicebear", "reward=paired_exact", "split=test", "limit=64",
    "samples=4", "palette_conditions=[shares]", "votes=0", "device=cpu",
]  # fmt: skip
ONE, BEST = "generator", "best of 4"
METRICS = {
    "reward": "eval/reward", "regions right": "eval/region_accuracy",
    "gold pixel share": "gold/pixel_share", "gold LPIPS-vgg": "gold/lpips_vgg",
    "grouping ARI": "eval/grouping_ari",
}  # fmt: skip


def settings(method: str, seed: int, minutes: float | None = None):
    words = [*COMMON, *METHODS[method], f"name={method}", f"seed={seed}", "resume=auto",
             f"trainer.budget_minutes={'null' if minutes is None else minutes}"]  # fmt: skip
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return check("train", compose("train", words))


def ended(cfg) -> dict | None:
    """Figures of a run, also of one that its minutes ended."""
    file = run_dir(cfg) / "result.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def trained(method: str, seed: int, minutes: float | None) -> None:
    cfg = settings(method, seed, minutes)
    done = ended(cfg)
    if done is None or done["step"] < cfg.trainer.updates:
        train.main(cfg)


def measured(place: Path, *words: str) -> dict[str, dict[str, dict[str, float]]]:
    """contestant -> metric -> sketch -> figure, of the report in ``place``, made if absent."""
    if not (place / "result.json").is_file():
        line = [sys.executable, "-m", "colorrl", "evaluate", *EVALUATE, f"output={place}", *words]
        subprocess.run(line, check=True)
    found: dict = defaultdict(lambda: defaultdict(dict))
    with (place / "sketches.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            for metric in METRICS.values():
                found[row["contestant"]][metric][row["sketch"]] = float(row[metric])
    return found


def of_start():
    few = "baselines=[random_palette,dominant_colour,area_rank]"
    return measured(RUNS / "test/start", few, "best_of=4")


def of_run(method: str, seed: int):
    cfg = settings(method, seed)
    done = ended(cfg)
    if done is None:
        return None
    place = RUNS / f"test/{method}{seed}-{done['images']}"
    found = measured(place, f"policy.lora={run_dir(cfg)}", "best_of=0", "baselines=[]")
    return found[ONE], done["images"]


def gain(runs: list, before: dict, metric: str) -> str:
    """Mean gain over one sample of the start; interval over sketches, each a mean of seeds."""
    start = before[ONE][metric]
    means = [statistics.mean(r[metric][s] - start[s] for r in runs) for s in start]
    known = torch.tensor([m for m in means if m == m])
    low, high = bootstrap_ci(known)
    return f"{float(known.mean()):+.3f} [{low:+.3f}, {high:+.3f}]"


def mean(columns: dict[str, float]) -> float:
    return statistics.mean(v for v in columns.values() if v == v)


def table() -> str:
    before = of_start()
    rows = [
        [name, "", *(f"{mean(found[m]):.3f}" for m in METRICS.values()), ""]
        for name, found in before.items()
    ]
    rows.append([f"{BEST} of the start: gain", "",
                 *(gain([before[BEST]], before, m) for m in METRICS.values()), ""])  # fmt: skip
    for method in METHODS:
        found = [r for seed in SEEDS if (r := of_run(method, seed)) is not None]
        if not found:
            continue
        runs, images = zip(*found, strict=True)
        own = [f"{statistics.mean(mean(r[m]) for r in runs):.3f}" for m in METRICS.values()]
        start = mean(before[ONE]["eval/reward"])
        each = ", ".join(f"{mean(r['eval/reward']) - start:+.3f}" for r in runs)
        rows.append([f"`{method}`", ", ".join(map(str, images)), *own, ""])
        gained = [gain(list(runs), before, m) for m in METRICS.values()]
        rows.append([f"`{method}`: gain", "", *gained, each])
    return markdown(["test drawings", "images by seed", *METRICS, "reward by seed"], rows)


def main(*wanted: str) -> None:
    torch.set_num_threads(1)
    limits = [float(w.removeprefix("minutes=")) for w in wanted if w.startswith("minutes=")]
    named = [w for w in wanted if ":" in w]
    for one in named or [f"{method}:{seed}" for method in METHODS for seed in SEEDS]:
        method, seed = one.split(":")
        trained(method, int(seed), limits[0] if limits else None)
    text = table()
    (HERE / "table.md").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])

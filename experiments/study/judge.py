"""The verdict of the test split: python experiments/study/judge.py [folder of the runs [table]].

Every run of the study that has ended is measured against the generator it began with: 8 samples a
sketch against 8, and the best of 4 against the best of 4, by the same reward whatever the run was
trained on. What is measured is not measured again. Writes the table, test.md beside this file; rows
of methods whose runs are not there stay, as long as the start is the same.
"""

import csv
import statistics
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import torch

from colorrl.metrics import bootstrap_ci

HERE = Path(__file__).parent
METHODS = (
    *("reinforce", "reinforce_baseline", "rloo", "ppo_gae", "grpo", "grpo_region", "grpo_entries"),
    *(
        "grpo_mix",
        "grpo_rho0",
        "nft",
        "tulu3_rlvr",
        "tulu3_rlvr_half",
        "instructgpt",
        "instructgpt2",
    ),
    *("instructgpt_true_ptx", "instructgpt2_true_ptx", "instructgpt_no_ptx"),
    *("r1_zero", "best_of_n", "reward_backprop", "rendering"),
)
STARTS = {"r1_zero": "micro_random"}
EVALUATE = (
    "policy=flow_micro split=test palette_conditions=[colors] samples=8 votes=0 best_of=4 "
    "baselines=[] device=cpu"
)
OWN = {"rendering": "data=openmoji reward=rendering data.rendering=true"}  # DiceBear has no shading
ONE, BEST = "generator", "best of 4"
COLUMNS = {
    "reward": (ONE, "eval/reward"),
    "regions right": (ONE, "eval/region_accuracy"),
    "gold pixel share": (ONE, "gold/pixel_share"),
    "LPIPS-vgg": (ONE, "gold/lpips_vgg"),
    "reward, best of 4": (BEST, "eval/reward"),
    "gold, best of 4": (BEST, "gold/pixel_share"),
}


def one_setting(folder):
    """The one HASH folder of a method: runs of two settings are not seeds of one."""
    settings = [path for path in Path(folder).iterdir() if path.is_dir()]
    if len(settings) != 1:
        raise SystemExit(f"{folder} holds runs of {len(settings)} settings: leave the one to judge")
    return settings[0]


def measured(generator, place, data):
    """(sketch, contestant) -> row of ``place``/sketches.csv, made if it is not there."""
    if not (place / "result.json").exists():
        words = [f"policy.path={generator}", f"output={place}", *EVALUATE.split(), *data.split()]
        subprocess.run([sys.executable, "-m", "colorrl", "evaluate", *words], check=True)
    with (place / "sketches.csv").open(encoding="utf-8") as lines:
        return {(row["sketch"], row["contestant"]): row for row in csv.DictReader(lines)}


def values(rows, contestant, metric):
    """Sketch -> its figure."""
    return {s: float(row[metric]) for (s, name), row in sorted(rows.items()) if name == contestant}


def gains(one, other):
    """Sketch -> how much more ``one`` has."""
    return {sketch: value - other[sketch] for sketch, value in one.items()}


def cell(of_seeds):
    """Mean gain, its interval over sketches (each the mean of its seeds), and each seed's gain."""
    by_sketch = defaultdict(list)
    for found in of_seeds:
        for sketch, gain in found.items():
            by_sketch[sketch].append(gain)
    means = torch.tensor([statistics.mean(v) for v in by_sketch.values()])
    means = means[~means.isnan()]
    low, high = bootstrap_ci(means)
    seeds = ", ".join(f"{statistics.mean(found.values()):+.3f}" for found in of_seeds)
    return f"{float(means.mean()):+.3f} ({low:+.3f} .. {high:+.3f})", seeds


def of_start(before):
    """Rows of the table: the start's own figures, and what the best of 4 has over one sample."""
    own = [statistics.mean(values(before, *of).values()) for of in COLUMNS.values()]
    better = [
        cell([gains(values(before, BEST, of), values(before, ONE, of))])[0]
        for contestant, of in COLUMNS.values()
        if contestant == ONE
    ]
    return [
        f"| *the start itself* | | {' | '.join(f'{value:.3f}' for value in own)} | |",
        f"| *best of 4 of the start, by the truth* | | {' | '.join(better)} | | | |",
    ]


def earlier(table, start):
    """Method -> its row in ``table``, whose rows of the start must be ``start``."""
    rows = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
    if rows and rows[2 : 2 + len(start)] != start:
        raise SystemExit(f"{table} is of another start: move it, its rows say nothing beside these")
    return {row.split("`")[1]: row for row in rows if row.startswith("| `")}


def main(runs="runs", table=HERE / "test.md"):
    lines = [f"| method | seeds | {' | '.join(COLUMNS)} | reward by seed |",
             "|---" + "|--:" * (len(COLUMNS) + 2) + "|"]  # fmt: skip
    lines += of_start(
        measured(Path(runs, "micro"), Path(runs, "starts/micro/dicebear"), "data=dicebear")
    )
    known = earlier(Path(table), lines[2:])
    for method in METHODS:
        if not Path(runs, method).is_dir():
            lines += [known[method]] if method in known else []
            continue
        ended = one_setting(Path(runs, method)).glob("seed*/result.json")
        if not (folders := sorted(path.parent for path in ended)):
            continue
        data, start = OWN.get(method, "data=dicebear"), STARTS.get(method, "micro")
        rows = [measured(run / "generator", run / "test", data) for run in folders]
        before = measured(Path(runs, start), Path(runs, "starts", start, data.split()[0][5:]), data)
        cells = [
            cell([gains(values(r, *of), values(before, *of)) for r in rows])
            for of in COLUMNS.values()
        ]
        shown = " | ".join(text for text, _ in cells)
        lines.append(f"| `{method}` | {len(rows)} | {shown} | {cells[0][1]} |")
    text = "\n".join(lines) + "\n"
    Path(table).write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(*sys.argv[1:])

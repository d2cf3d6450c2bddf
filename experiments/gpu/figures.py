"""A run's figures as a short table: python experiments/gpu/figures.py RUN_FOLDER"""

import sys
from pathlib import Path

from colorrl.report.table import text
from colorrl.run.folder import read_run

SHOWN = ("train/x0_error", "eval/x0_error", "reward/total", "eval/reward", "eval/region_accuracy",
         "gold/pixel_share", "gold/lpips_vgg", "policy/ratio_max", "time/sample_s", "time/reward_s",
         "time/update_s", "alarm/hacking")  # fmt: skip


def main(folder: Path) -> None:
    run = read_run(folder)
    body = []
    for name in SHOWN:
        if name in run.curves:
            _, values = run.curves[name]
            gain = run.result.get(f"{name}_gain_ci95")
            interval = "" if gain is None else f"{gain[0]:+.4f} .. {gain[1]:+.4f}"
            body.append([name, f"{values[0]:.4f}", f"{values[-1]:.4f}", interval])
    print(f"{folder}: step {run.result.get('step', 'not reported yet')}, pictures in panel/")
    print(text(["figure", "first", "last", "gain over the start [95 %]"], body))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

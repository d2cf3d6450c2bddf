"""`colorrl demo`: the whole loop, with the commands that a person would type.

Prepare, train by RL from the shipped generator, evaluate, colour a folder before and after,
compare; then one page, report.html, and its figures, result.json.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colorrl.config import DemoConfig, UserError
from colorrl.report import page
from colorrl.track.result import write_result, write_text

START = "tiny"
METRICS = ("eval/reward", "eval/region_accuracy", "gold/pixel_share", "eval/palette_precision",
           "eval/palette_recall", "eval/grouping_ari", "eval/de00_mean", "eval/leak",
           "eval/lpips_alex", "gold/lpips_vgg")  # fmt: skip


def main(cfg: DemoConfig) -> None:
    """Run every stage; one that fails ends the demo with its own message."""
    if not cfg.sketches.is_dir():
        raise UserError(f"no folder {cfg.sketches}: give sketches=FOLDER with line art to colour")
    run = train(cfg)
    trained = f"policy.path={run / 'generator'}"
    evaluated = cfg.output / "evaluate"
    stage("evaluate", cfg, trained, f"start={START}", f"output={evaluated}", f"seed={cfg.seed}")
    for name, policy in (("before", f"policy.path={START}"), ("after", trained)):
        folder = cfg.output / "coloured" / name
        stage(
            "colorize", cfg, f"input={cfg.sketches}", f"output={folder}", policy, "overwrite=true"
        )
    stage("compare", None, str(run), f"output={cfg.output / 'compare'}")
    result = json.loads((run / "result.json").read_text(encoding="utf-8"))
    write_result(cfg.output / "result.json", figures(result), cfg, device=result["device"])
    write_text(cfg.output / "report.html", report(cfg, result))
    print(f"\nreport: {cfg.output / 'report.html'}\nfigures: {cfg.output / 'result.json'}")


def train(cfg: DemoConfig) -> Path:
    """Prepare the data, train for ``cfg.minutes``; returns the run folder."""
    stage("prepare", None, "data=openmoji")
    runs = cfg.output / "runs"
    budget = f"trainer.budget_minutes={cfg.minutes}"
    stage("train", cfg, "experiment=demo", budget, f"seed={cfg.seed}", f"runs={runs}")
    results = runs.glob(f"demo/*/seed{cfg.seed}/result.json")
    return max(results, key=lambda path: path.stat().st_mtime).parent


def stage(verb: str, cfg: DemoConfig | None, *overrides: str) -> None:
    """Run ``colorrl verb overrides`` in a process of its own. UserError if it fails."""
    device = [] if cfg is None else [f"device={cfg.device}"]
    command = ["colorrl", verb, *overrides, *device]
    print(f"\n$ {shlex.join(command)}", flush=True)
    done = subprocess.run([sys.executable, "-m", "colorrl.cli", *command[1:]], check=False)
    if done.returncode:
        raise UserError(f"{shlex.join(command)} failed, see above", done.returncode)


def figures(result: Mapping[str, Any]) -> dict[str, Any]:
    """The demo's figures out of the run's: held-out, before and after, paired gains."""
    names = {"reward": "eval/reward", "region_accuracy": "eval/region_accuracy",
             "pixel_share": "gold/pixel_share", "lpips": "gold/lpips_vgg",
             "lpips_alex": "eval/lpips_alex"}  # fmt: skip
    values = {
        f"{short}_{part}": result[f"{metric}_{part}"]
        for short, metric in names.items()
        for part in ("before", "after", "gain", "gain_ci95")
    }
    return values | {key: result[key] for key in ("hacking", "step", "images")}


def report(cfg: DemoConfig, result: Mapping[str, Any]) -> str:
    """report.html: figures with intervals, baselines, pictures, curves."""
    alarm = result["hacking"]
    warning = f"Held-out metrics got worse while the reward rose: {', '.join(alarm)}." * bool(alarm)
    return page.page(
        "colorrl demo: flats before and after reinforcement learning",
        page.note(
            f"{result['images']:,} colourings sampled in {result['step']} updates, seed "
            f"{cfg.seed}. Figures are means over held-out sketches the generator never saw."
        ),
        page.note(warning or "No held-out metric got worse beyond chance."),
        page.table(["metric", "before", "after", "gain", "95 % interval"], rows(result)),
        page.heading("Held-out sketches"),
        page.picture(
            cfg.output / "evaluate" / "contact.png",
            "Rows: line art, truth, after, white page, dominant colour, best of n of the start, "
            "before",
        ),
        page.heading("A folder of sketches, before and after"),
        *coloured(cfg),
        page.heading("Learning curves"),
        page.picture(cfg.output / "compare" / "curves.png"),
        page.code((cfg.output / "evaluate" / "table.md").read_text(encoding="utf-8")),
    )


def rows(result: Mapping[str, Any]) -> list[list[str]]:
    """Cells of the table of metrics."""
    table = []
    for metric in METRICS:
        before, after, gain = (result[f"{metric}_{part}"] for part in ("before", "after", "gain"))
        low, high = result[f"{metric}_gain_ci95"]
        interval = f"{low:+.3f} .. {high:+.3f}"
        table.append([metric, f"{before:.3f}", f"{after:.3f}", f"{gain:+.3f}", interval])
    return table


def coloured(cfg: DemoConfig) -> list[str]:
    """A pair of pictures for every page of the folder."""
    before, after = (cfg.output / "coloured" / name for name in ("before", "after"))
    pages = sorted(p.relative_to(before) for p in before.rglob("*.composite.png"))
    pictures = []
    for name in pages:
        title = name.as_posix().removesuffix(".composite.png")
        pair = [
            page.picture(before / name, f"{title}, before"),
            page.picture(after / name, "after"),
        ]
        pictures.append(f'<div class="pair">{"".join(pair)}</div>')
    return pictures


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("demo")

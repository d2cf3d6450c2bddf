"""`colorrl demo`: the whole loop, with the commands that a person would type.

Prepare, train by RL from the shipped generator, evaluate, colour a folder before and after,
compare; then one page, report.html, and its figures, result.json.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from colorrl.config.schema.evaluation import DemoConfig
from colorrl.errors import UserError
from colorrl.report.before_after import before_after
from colorrl.run.result import write_result, write_text

START = "emoji"
METRICS = {
    "reward": "eval/reward",
    "region_accuracy": "eval/region_accuracy",
    "pixel_share": "gold/pixel_share",
    "lpips": "gold/lpips_vgg",
    "lpips_alex": "eval/lpips_alex",
}


def main(cfg: DemoConfig) -> None:
    """Run every stage; one that fails ends the demo with its own message."""
    if not cfg.sketches.is_dir():
        raise UserError(f"no folder {cfg.sketches}: give sketches=FOLDER with line art to colour")
    run = train(cfg)
    trained = cfg.output / "generator"
    shutil.copytree(run / "generator", trained, dirs_exist_ok=True)
    look(cfg, run, trained)
    evaluated = read(cfg.output / "evaluate" / "result.json")
    result = read(run / "result.json") | evaluated
    values = figures(result, evaluated)
    page = before_after(cfg.output, result, evaluated, list(values["baselines"]))
    write_text(cfg.output / "report.html", page)
    write_result(cfg.output / "result.json", values, cfg, device=result["device"])
    print(f"\nreport: {cfg.output / 'report.html'}\nfigures: {cfg.output / 'result.json'}")


def train(cfg: DemoConfig) -> Path:
    """Prepare the data, train for ``cfg.minutes``; returns the run folder."""
    stage("prepare", "data=openmoji")
    runs = cfg.output / "runs"
    budget = f"trainer.budget_minutes={cfg.minutes}"
    stage(
        *("train", "experiment=demo", f"policy.path={START}", budget),
        *(f"seed={cfg.seed}", f"runs={runs}", "resume=restart", f"device={cfg.device}"),
    )
    results = runs.glob(f"demo/*/seed{cfg.seed}/result.json")
    return max(results, key=lambda path: path.stat().st_mtime).parent


def look(cfg: DemoConfig, run: Path, trained: Path) -> None:
    """Evaluate start and ``trained`` on held-out sketches, colour the folder with both."""
    device, output = f"device={cfg.device}", f"output={cfg.output / 'evaluate'}"
    policy = f"policy.path={trained}"
    # The sample that training judges by, so that its figures and these are the same.
    same = ("samples=1", "seed=0", "palette_conditions=[shares]", "votes=0")
    baselines = "baselines=[dominant_colour,area_share,white_page]"
    stage("evaluate", policy, f"start={START}", output, device, *same, baselines)
    for name, generator in (("before", START), ("after", trained)):
        folder = cfg.output / "coloured" / name
        stage(
            *("colorize", f"input={cfg.sketches}", f"output={folder}"),
            *(f"policy.path={generator}", "overwrite=true", device),
        )
    stage("compare", str(run), f"output={cfg.output / 'compare'}")


def stage(verb: str, *overrides: str) -> None:
    """Run ``colorrl verb overrides`` in a process of its own. UserError if it fails."""
    command = ["colorrl", verb, *overrides]
    print(f"\n$ {shlex.join(command)}", flush=True)
    process = subprocess.Popen([sys.executable, "-m", "colorrl", *command[1:]])
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.wait()  # Ctrl-C reached it too: let it save what it has
        raise
    if code:
        raise UserError(f"{shlex.join(command)} failed, see above", code)


def read(path: Path) -> dict[str, Any]:
    """A stage's result.json."""
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def figures(result: Mapping[str, Any], evaluated: Mapping[str, Any]) -> dict[str, Any]:
    """Held-out figures before and after with paired gains, and the baselines' under their names.

    ``result`` is training's result.json, ``evaluated`` that of ``colorrl evaluate``.
    """
    values: dict[str, Any] = {
        f"{short}_{part}": result[f"{metric}_{part}"]
        for short, metric in METRICS.items()
        for part in ("before", "after", "gain", "gain_ci95")
    }
    values |= {key: result[key] for key in ("hacking", "step", "images")}
    others = {k: v for k, v in evaluated.items() if isinstance(v, dict) and METRICS["reward"] in v}
    baselines = {
        name: {short: mean[metric] for short, metric in METRICS.items()}
        for name, mean in others.items()
        if name != "start"
    }
    return values | {"baselines": baselines}

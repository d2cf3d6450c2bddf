"""A run's held-out figures: before it, every ``trainer.eval_every`` updates, and at its end."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from colorrl import checkpoint
from colorrl.judge import Judge, compared, hacking, means, paired_gains
from colorrl.panel import before_after
from colorrl.track.result import write_result
from colorrl.track.tracker import Trackers
from colorrl.training import Training

GOLD = "gold/pixel_share"  # decides which checkpoint was best


def judge_start(run: Training, judge: Judge) -> dict[str, Tensor]:
    """Held-out figures of the start, from the checkpoint if the run goes on."""
    if run.before is None:
        run.start_images = judge.colour(run.reference, run.grid, run.sampler.rho, seed=0)
        run.before = judge.measure(run.start_images)
    return run.before


def judged(
    run: Training, judge: Judge, before: dict[str, Tensor], tracker: Trackers, folder: Path
) -> dict[str, float]:
    """Held-out metrics of the averaged weights; keeps the best by gold, shows a panel."""
    with run.averaged():
        images = judge.colour(run.policy, run.grid, run.sampler.rho, seed=0)
        after = judge.measure(images)
        mean = means(after)
        if mean[GOLD] > run.best_gold:
            run.best_gold, run.best_step = mean[GOLD], run.step
            run.write_generator(folder / "best")
    grid, rows = before_after(judge.batches[0], run.start_images, images, after)
    tracker.images(run.step, "panel", grid, rows)
    if run.is_main:
        _warn(run.step, before, after)
    return mean


def _warn(step: int, before: dict[str, Tensor], after: dict[str, Tensor]) -> None:
    for name in hacking(paired_gains(before, after)):
        first, last = (float(figures[name].nanmean()) for figures in (before, after))
        tqdm.write(
            f"WARNING reward hacking? step {step}: the held-out reward rose while {name} got "
            f"worse, {first:.4f} -> {last:.4f}: look at the panels"
        )


def keep_checkpoints(tracker: Trackers, folder: Path) -> None:
    """The latest checkpoint and the best by gold, as artifacts: a run goes on from anywhere."""
    latest, best = checkpoint.latest(folder), checkpoint.best(folder)
    if latest is not None:
        tracker.artifact(latest, "checkpoint")
    if best is not None and best[0] != latest:
        tracker.artifact(best[0], "best-checkpoint")


def report(
    run: Training, judge: Judge, before: dict[str, Tensor], tracker: Trackers, folder: Path
) -> None:
    """Judge the final averaged weights, write the generator folder and result.json."""
    if not run.is_main:
        return
    with run.averaged():
        images = judge.colour(run.policy, run.grid, run.sampler.rho, seed=0)
        after = judge.measure(images)
        run.write_generator(folder / "generator")
    grid, rows = before_after(judge.batches[0], run.start_images, images, after)
    tracker.images(run.step, "panel", grid, rows)
    values = compared(before, after) | {"step": run.step, "images": run.images}
    write_result(folder / "result.json", values, run.cfg, device=str(run.device))
    tracker.artifact(folder / "generator", "model")
    gain, (low, high) = values["eval/reward_gain"], values["eval/reward_gain_ci95"]
    tracker.finish(means(after) | {"eval/reward_gain": gain})
    tqdm.write(
        f"held-out reward {values['eval/reward_before']:.3f} -> {values['eval/reward_after']:.3f} "
        f"(paired 95 % interval of the gain {low:+.3f} .. {high:+.3f})\n"
        f"generator: {folder / 'generator'}   figures: {folder / 'result.json'}"
    )

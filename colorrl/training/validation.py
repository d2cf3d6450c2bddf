"""A run's held-out figures: before it, every ``trainer.eval_every`` updates, and at its end."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from colorrl.evaluation.judge import REWARD, Judge, compared, hacking, means
from colorrl.policy.guidance import guided
from colorrl.policy.protocol import Policy
from colorrl.report.panel import before_after
from colorrl.run import checkpoint
from colorrl.run.hub import write_card
from colorrl.run.result import write_result
from colorrl.run.tracker import BEST, LATEST, Trackers
from colorrl.training.state import Training

GOLD = "gold/pixel_share"  # decides which checkpoint was best
ALARM, ALARM_TITLE = "alarm/hacking", "reward hacking?"


def judge_start(run: Training, judge: Judge) -> None:
    """Held-out figures of the start as ``run.before``, from the checkpoint if the run goes on."""
    if not run.before:
        run.start_images = flats(run, judge, run.reference)
        run.before = judge.measure(run.start_images)


def flats(run: Training, judge: Judge, policy: Policy) -> Tensor:
    """(M, 3, H, W) of ``policy``, at the settings that its generator is saved with."""
    acting = guided(policy, run.sampler.guidance)
    return judge.color(acting, run.grid, run.sampler.rho, seed=0)


def validate(run: Training, judge: Judge, tracker: Trackers, folder: Path) -> dict[str, float]:
    """`judged`, and the best generator by gold kept: at steps that ``trainer.eval_every`` names."""
    mean = judged(run, judge, tracker)
    if mean[GOLD] > run.best_gold:
        run.best_gold, run.best_step = mean[GOLD], run.step
        with run.weights.averaged():
            run.write_generator(folder / "best")
    return mean


def judged(run: Training, judge: Judge, tracker: Trackers) -> dict[str, float]:
    """Held-out metrics of the averaged weights and the alarm, shown as a panel and kept in ``run``.

    At the step that a budget ends: it chooses no best generator, so that a run that goes on from
    there has the one that it would have had without a stop.
    """
    with run.weights.averaged():
        images = flats(run, judge, run.policy)
    after = judge.measure(images)
    grid, rows = before_after(judge.batches[0], run.start_images, images, after)
    tracker.images(run.step, "panel", grid, rows)
    alarm = warned(run, after, tracker)
    run.judgement = run.step, after, alarm
    return means(after) | alarm


def progress_text(run: Training, training_reward: float) -> str:
    """The bar's words: the held-out reward, at fixed tolerances, before the training's own."""
    held_out = f"start {float(run.before[REWARD].nanmean()):.3f}"
    if run.judgement is not None:
        held_out += f", {float(run.judgement[1][REWARD].nanmean()):.3f} at {run.judgement[0]}"
    return (
        f"held-out reward: {held_out}; training's own, tolerance narrowing: {training_reward:.3f}"
    )


def warned(run: Training, after: dict[str, Tensor], tracker: Trackers) -> dict[str, float]:
    """The hacking alarm as a metric: how many held-out metrics trip it, 0 = quiet.

    Each is named on the console and to the trackers: W&B sends an alert.
    """
    worse = hacking(run.before, after)
    for name in worse:
        first, last = (float(figures[name].nanmean()) for figures in (run.before, after))
        text = (
            f"step {run.step}: the held-out reward rose while {name} got worse, "
            f"{first:.4f} -> {last:.4f}: look at the panels"
        )
        if run.is_main:
            tqdm.write(f"WARNING {ALARM_TITLE} {text}")
        tracker.alert(ALARM_TITLE, text)
    return {ALARM: float(len(worse))}


def keep_checkpoints(tracker: Trackers, folder: Path) -> None:
    """The latest checkpoint and the best by gold, as artifacts: a run goes on from anywhere."""
    latest, best = checkpoint.latest(folder), checkpoint.best(folder)
    if latest is not None:
        tracker.artifact(latest, LATEST)
    if best is not None and best[0] != latest:
        tracker.artifact(best[0], BEST)


def report(run: Training, judge: Judge, tracker: Trackers, folder: Path) -> None:
    """Judge the final averaged weights, write the generator folder and result.json."""
    if not run.is_main:
        return
    with run.weights.averaged():
        run.write_generator(folder / "generator")
    if run.judgement is None or run.judgement[0] != run.step:  # a finished run, resumed
        judged(run, judge, tracker)
    assert run.judgement is not None
    _, after, alarm = run.judgement
    values = compared(run.before, after) | {"step": run.step, "images": run.images}
    write_result(folder / "result.json", values, run.cfg, device=str(run.device))
    write_card(folder)
    tracker.artifact(folder / "generator", "model")
    gain, (low, high) = values["eval/reward_gain"], values["eval/reward_gain_ci95"]
    tracker.finish(means(after) | alarm | {"eval/reward_gain": gain})
    tqdm.write(
        f"held-out reward {values['eval/reward_before']:.3f} -> {values['eval/reward_after']:.3f} "
        f"(paired 95 % interval of the gain {low:+.3f} .. {high:+.3f})\n"
        f"generator: {folder / 'generator'}   figures: {folder / 'result.json'}"
    )

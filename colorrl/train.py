"""`colorrl train`: improve a pretrained flat generator by policy gradients on verifiable rewards.

Each update, as in GRPO (Shao et al., arXiv 2402.03300) carried to denoising steps (DDPO,
arXiv 2305.13301; Flow-GRPO, arXiv 2505.05470):

    1. draw S sketches
    2. sample G colourings of each with the policy, keeping every state
    3. score them
    4. advantages: each colouring against the others of its sketch
    5. K optimiser steps on the clipped surrogate over the stored transitions
    6. average the weights (EMA), track, judge on held-out sketches, save

Deviations: log-densities are factored by region, so a region can be credited on its own; noise
is correlated within regions; ratios are per element of the state; advantages are normalised per
group before micro-batching, so the update does not depend on the micro-batch size; gradients are
summed over processes by hand, which leaves the networks unwrapped.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from hydra.utils import instantiate
from torch import Tensor
from tqdm import tqdm

from colorrl.config import TrainConfig, UserError, run_dir
from colorrl.data.augment import augment
from colorrl.data.batch import collate
from colorrl.data.draw import Groups, by_drawing, draw_sketches
from colorrl.data.pairs import load_split
from colorrl.interrupt import Interrupt
from colorrl.judge import Judge, hacking, make_judge, means, paired_gains
from colorrl.learn.advantage import assign, zero_variance_share
from colorrl.learn.update import accumulate, clip_gradient, finite_gradient, rescore, statistics
from colorrl.panel import before_after
from colorrl.policy.rollout import sample_rollout
from colorrl.rewards.total import GatedTotal
from colorrl.seeding import seed_of
from colorrl.track.result import write_result
from colorrl.track.start import start_tracking
from colorrl.track.tracker import Trackers
from colorrl.training import Training
from colorrl.types import Rollout, Scores, SketchBatch


def main(cfg: TrainConfig) -> None:
    """Train until ``trainer.updates`` or ``trainer.budget_minutes``, then report the gain."""
    _check_batch(cfg)
    run = Training(cfg)
    reward = instantiate(cfg.reward)
    train, judge = load_data(cfg, run, reward)
    if cfg.dry_run:
        return dry_run(run, train, reward)
    folder = run_dir(cfg)
    resumed = run.resume(folder)
    before = judge_start(run, judge)
    tracker = start_tracking("train", cfg, resumed) if run.is_main else Trackers()
    with Interrupt() as interrupt:
        loop(run, train, reward, judge, before, tracker, folder, interrupt)
        report(run, judge, before, tracker, folder)
    if interrupt.requested:
        raise KeyboardInterrupt


def loop(
    run: Training,
    train: Groups,
    reward: GatedTotal,
    judge: Judge,
    before: dict[str, Tensor],
    tracker: Trackers,
    folder: Path,
    interrupt: Interrupt,
) -> None:
    """The algorithm box."""
    cfg, began = run.cfg, time.monotonic()
    bar = tqdm(total=cfg.trainer.updates, initial=run.step, desc="train", disable=not run.is_main)
    while run.step < cfg.trainer.updates:
        metrics, histograms = update(run, train, reward)
        last = run.step == cfg.trainer.updates
        if run.step % cfg.trainer.eval_every == 0 or last:
            metrics |= judged(run, judge, before, tracker, folder)
        tracker.log(run.step, run.images, metrics, histograms)
        bar.update()
        bar.set_postfix(reward=f"{metrics['reward/total']:.3f}")
        spent = time.monotonic() - began > 60 * (cfg.trainer.budget_minutes or math.inf)
        stop = run.agree(spent or interrupt.requested)
        due = run.step % cfg.trainer.save_every == 0 or run.step == run.best_step
        if due or last or stop:
            run.save(folder)
        if stop:
            break
    bar.close()


def update(
    run: Training, train: Groups, reward: GatedTotal
) -> tuple[dict[str, float], dict[str, Tensor]]:
    """One pass through the box: its metrics, and reward terms for histograms."""
    cfg, clock = run.cfg, Clock()
    batches = micro_batches(run, train)  # 1
    rollouts = [sample(run, b, i) for i, b in enumerate(batches)]  # 2
    clock.lap("sample")
    progress = min(1.0, run.step / max(1, cfg.trainer.updates))
    scores = [score(reward, r, progress) for r in rollouts]  # 3
    clock.lap("reward")
    advantages = advantage(run, rollouts, scores)  # 4
    metrics = learn(run, rollouts, advantages)  # 5
    clock.lap("update")
    run.step += 1
    run.images += cfg.trainer.sketches * cfg.trainer.group
    total = run.gather(torch.cat([s.total for s in scores]))
    terms = {
        f"reward/{name}": run.gather(torch.cat([s.term[name] for s in scores]))
        for name in scores[0].term
    }
    metrics |= {name: float(values.mean()) for name, values in terms.items()}
    metrics |= {
        "reward/total": float(total.mean()),
        "reward/std": float(total.view(-1, cfg.trainer.group).std(1).mean()),
        "group/zero_std_frac": zero_variance_share(
            total, torch.arange(len(total)) // cfg.trainer.group
        ),
        "policy/n_bad_updates": float(run.n_bad),
    }
    return metrics | clock.times, terms | {"reward/total": total}


def micro_batches(run: Training, train: Groups) -> list[SketchBatch]:
    """This process's sketches of the step, ``trainer.micro_sketches`` at a time."""
    cfg = run.cfg
    drawn = draw_sketches(train, cfg.trainer.sketches, cfg.seed, run.step)
    changed = [
        augment(sketch, seed_of(cfg.seed, 4, run.step, i), cfg.augment)
        for i, sketch in enumerate(drawn)
    ]
    mine = changed[run.rank :: run.n_processes]
    size = cfg.trainer.micro_sketches
    chunks = [mine[i : i + size] for i in range(0, len(mine), size)]
    return [
        collate(c, n_slots=run.n_slots, n_palette=cfg.trainer.n_palette).to(run.device)
        for c in chunks
    ]


def sample(run: Training, sketch: SketchBatch, index: int) -> Rollout:
    """The rollout of this process's micro-batch ``index``."""
    cfg = run.cfg
    rows = range(len(sketch))
    # The place of a sketch among all of the step's, whatever the number of processes.
    first = index * cfg.trainer.micro_sketches
    places = [run.rank + run.n_processes * (first + i) for i in rows]
    seeds = [seed_of(cfg.seed, 8, run.step, p, g) for p in places for g in range(cfg.trainer.group)]
    with run.accelerator.autocast():
        return sample_rollout(
            run.policy, sketch, cfg.trainer.group, torch.tensor(seeds), run.sampler
        )


def score(reward: GatedTotal, rollout: Rollout, progress: float) -> Scores:
    """Scores of a rollout's images. Raises FloatingPointError naming sketch and term."""
    sketch = rollout.sketch.repeat(len(rollout.image) // len(rollout.sketch))
    return reward.score(rollout.image, sketch, rollout.group, progress)


def advantage(run: Training, rollouts: list[Rollout], scores: list[Scores]) -> list[Tensor]:
    """Advantages of each micro-batch, (N,) for image credit and (N, R+1) for the others."""
    learn = run.cfg.learn
    total = torch.cat([s.total for s in scores])
    everyone = run.gather(total)
    groups = torch.arange(len(everyone), device=total.device) // run.cfg.trainer.group
    mine = run.mine(run.advantage(everyone, groups)).split([len(s.total) for s in scores])
    return [
        assign(learn.credit, a, s.credit, r.group, r.count, learn.credit_mix)
        for a, s, r in zip(mine, scores, rollouts, strict=True)
    ]


def learn(run: Training, rollouts: list[Rollout], advantages: list[Tensor]) -> dict[str, float]:
    """``learn.epochs`` passes of ``learn.optimizer_steps`` steps over the micro-batches."""
    cfg, marks, norms = run.cfg, [], []
    for epoch in range(cfg.learn.epochs):
        order = torch.Generator().manual_seed(seed_of(cfg.seed, 9, run.step, epoch))
        shuffled = torch.randperm(len(rollouts), generator=order).tolist()
        size = len(rollouts) // cfg.learn.optimizer_steps
        for chunk in (shuffled[i : i + size] for i in range(0, len(shuffled), size)):
            n_samples = sum(len(rollouts[i].image) for i in chunk) * run.n_processes
            for i in chunk:
                with run.accelerator.autocast():
                    rescored = rescore(
                        run.policy,
                        run.reference if cfg.learn.kl_coef else None,
                        rollouts[i],
                        advantages[i],
                        run.sampler,
                        run.loss,
                        cfg.learn.kl_coef,
                    )
                accumulate(rescored, n_samples)
                marks.append(rescored)
            norms.append(optimise(run))
    return statistics(marks) | {"policy/grad_norm": sum(norms) / len(norms)}


def optimise(run: Training) -> float:
    """One optimiser step with the accumulated gradient; skipped and counted if not finite."""
    parameters = run.parameters
    norm = finite_gradient(parameters, run.sum)
    if bool(norm.isfinite()):
        clip_gradient(parameters, norm, run.cfg.learn.max_grad_norm)
        run.optimizer.step()
        run.ema.step(parameters)
    else:
        run.count_bad(norm)
    run.optimizer.zero_grad(set_to_none=True)
    return float(norm)


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
        if run.is_main and mean["gold/pixel_share"] > run.best_gold:
            run.best_gold, run.best_step = mean["gold/pixel_share"], run.step
            run.write_generator(folder / "best")
    grid, rows = before_after(judge.batches[0], run.start_images, images, after)
    tracker.images(run.step, "panel", grid, rows)
    for name in hacking(paired_gains(before, after)):
        tqdm.write(
            f"WARNING reward hacking? step {run.step}: the held-out reward rose while {name} got "
            f"worse, {float(before[name].nanmean()):.4f} -> {mean[name]:.4f}: look at the panels"
        )
    return mean


def report(
    run: Training, judge: Judge, before: dict[str, Tensor], tracker: Trackers, folder: Path
) -> None:
    """Judge the final averaged weights, write the generator folder and result.json."""
    if not run.is_main:
        return
    with run.averaged():
        after = judge.measure(judge.colour(run.policy, run.grid, run.sampler.rho, seed=0))
        run.write_generator(folder / "generator")
    gains = paired_gains(before, after)
    summary = means(after)
    values: dict[str, object] = {f"{n}_before": v for n, v in means(before).items()}
    values |= {f"{n}_after": v for n, v in summary.items()}
    values |= {f"{n}_gain": g[0] for n, g in gains.items()}
    values |= {f"{n}_gain_ci95": list(g[1:]) for n, g in gains.items()}
    values |= {"hacking": hacking(gains), "step": run.step, "images": run.images}
    result = folder / "result.json"
    write_result(result, values, run.cfg, device=str(run.device))
    tracker.artifact(folder / "generator", "model")
    tracker.finish(summary | {"eval/reward_gain": gains["eval/reward"][0]})
    low, high = gains["eval/reward"][1:]
    tqdm.write(
        f"held-out reward {values['eval/reward_before']:.3f} -> {values['eval/reward_after']:.3f} "
        f"(paired 95 % interval of the gain {low:+.3f} .. {high:+.3f})\n"
        f"generator: {folder / 'generator'}   figures: {result}"
    )


def load_data(cfg: TrainConfig, run: Training, reward: GatedTotal) -> tuple[Groups, Judge]:
    """Training sketches by drawing, and the judge of held-out ones."""
    root = Path(cfg.data.root) / cfg.data.name
    train = load_split(root, "train", run.size)
    held_out = load_split(root, "val", run.size, limit=cfg.trainer.eval_sketches)
    run.n_slots = 1 + max(s.regions.n_regions for s in train)
    return by_drawing(train), make_judge(held_out, reward, run.device, cfg.trainer.n_palette)


def dry_run(run: Training, train: Groups, reward: GatedTotal) -> None:
    """Print the batch arithmetic, then do one update to measure time and memory."""
    cfg = run.cfg
    images = cfg.trainer.sketches * cfg.trainer.group
    print(
        f"{cfg.trainer.sketches} sketches x {cfg.trainer.group} samples = {images} images an "
        f"update, {run.sampler.n_steps} denoising steps, "
        f"{int(run.sampler.stochastic().sum())} of them stochastic\n"
        f"{cfg.learn.epochs} x {cfg.learn.optimizer_steps} optimiser steps an update, "
        f"{run.n_processes} process(es), {cfg.trainer.micro_sketches * cfg.trainer.group} images "
        f"a micro-batch, {sum(p.numel() for p in run.parameters):,} parameters"
    )
    update(run, train, reward)  # the first one warms up
    began = time.monotonic()
    update(run, train, reward)
    seconds = time.monotonic() - began
    minutes = seconds * cfg.trainer.updates / 60
    if cfg.trainer.budget_minutes is not None:
        minutes = min(minutes, cfg.trainer.budget_minutes)
    print(
        f"{seconds:.1f} s an update ({images / seconds:.1f} images/s), peak memory "
        f"{run.peak_memory_gib():.1f} GiB, expected time {minutes:.0f} min"
    )


class Clock:
    """Seconds since the last lap, by name."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.times[f"time/{name}_s"] = now - self._last
        self._last = now


def _check_batch(cfg: TrainConfig) -> None:
    """Batch arithmetic that must hold before anything is loaded."""
    t, steps = cfg.trainer, cfg.learn.optimizer_steps
    if t.group < 2:
        raise UserError(f"trainer.group={t.group}: a group needs at least 2 samples to compare")
    if t.sketches % (t.micro_sketches * steps):
        raise UserError(
            f"trainer.sketches={t.sketches} does not divide into learn.optimizer_steps={steps} "
            f"of whole micro-batches of trainer.micro_sketches={t.micro_sketches} sketches"
        )
    if steps * cfg.learn.epochs > 1 and cfg.learn.loss["_target_"].endswith(".reinforce"):
        raise UserError(
            f"learn.optimizer_steps={steps} x learn.epochs={cfg.learn.epochs}: REINFORCE has no "
            "ratio to correct for a policy that has moved since it sampled, set both to 1"
        )


if __name__ == "__main__":
    from colorrl.cli import run_verb

    run_verb("train")

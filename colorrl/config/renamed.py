"""What configurations of earlier versions called parts that have moved since.

A run's folder carries the hash of its configuration, so a part that moves gives the same run
another hash. With this table a run of before is found again (`run.start.former_folder`).
"""

from __future__ import annotations

from typing import Any

# old -> new, changed on 2026-11-30 when colorrl/ was laid out in rooms
TARGETS = {
    "colorrl.data.animerun.AnimeRun": "colorrl.data.sets.animerun.AnimeRun",
    "colorrl.data.anita.Anita": "colorrl.data.sets.anita.Anita",
    "colorrl.data.dicebear.DiceBear": "colorrl.data.sets.dicebear.DiceBear",
    "colorrl.data.inking.Style": "colorrl.data.procedural.inking.Style",
    "colorrl.data.line_folder.LineFolder": "colorrl.data.sets.line_folder.LineFolder",
    "colorrl.data.openmoji.OpenMoji": "colorrl.data.sets.openmoji.OpenMoji",
    "colorrl.data.paintbucket.PaintBucket": "colorrl.data.sets.paintbucket.PaintBucket",
    "colorrl.data.procedural_set.Procedural": "colorrl.data.sets.procedural_set.Procedural",
    "colorrl.data.side_by_side.SideBySide": "colorrl.data.sets.side_by_side.SideBySide",
    "colorrl.learn.aux.ptx": "colorrl.learn.auxiliary.ptx",
    "colorrl.learn.backprop.replay_end": "colorrl.learn.reward_gradient.replay_end",
    "colorrl.learn.forward.imitate": "colorrl.learn.forward_process.imitate",
    "colorrl.learn.forward.nft": "colorrl.learn.forward_process.nft",
    "colorrl.learn.gae.Critic": "colorrl.learn.critic.Critic",
    "colorrl.learn.running.EmaBaseline": "colorrl.learn.running_baselines.EmaBaseline",
    "colorrl.learn.running.SketchStatistics": "colorrl.learn.running_baselines.SketchStatistics",
    "colorrl.rewards.learned.Learned": "colorrl.preferences.reward_term.Learned",
    "colorrl.track.csv.CsvTracker": "colorrl.run.csv.CsvTracker",
    "colorrl.track.wandb.WandbTracker": "colorrl.run.wandb.WandbTracker",
}


def renamed(values: Any) -> Any:
    """``values`` (a configuration as plain data) with today's names of parts."""
    if isinstance(values, dict):
        return {k: TARGETS.get(v, v) if k == "_target_" else renamed(v) for k, v in values.items()}
    return [renamed(v) for v in values] if isinstance(values, list) else values

"""What configurations of earlier versions called parts and keys that have other names now.

A run's folder carries the hash of its configuration, so a new name gives the same run another hash.
With these tables an earlier run is found again (`run.start.former_folder`).
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
    "colorrl.learn.estimators.GroupEstimator": "colorrl.learn.estimators.ImageEstimator",
    "colorrl.learn.estimators.SketchEstimator": "colorrl.learn.estimators.ImageEstimator",
    "colorrl.learn.forward.imitate": "colorrl.learn.forward_process.imitate",
    "colorrl.learn.forward.nft": "colorrl.learn.forward_process.nft",
    "colorrl.learn.gae.Critic": "colorrl.learn.critic.Critic",
    "colorrl.learn.running.EmaBaseline": "colorrl.learn.running_baselines.EmaBaseline",
    "colorrl.learn.running.SketchStatistics": "colorrl.learn.running_baselines.SketchStatistics",
    "colorrl.rewards.learned.Learned": "colorrl.preferences.reward_term.Learned",
    "colorrl.track.csv.CsvTracker": "colorrl.run.csv.CsvTracker",
    "colorrl.track.wandb.WandbTracker": "colorrl.run.wandb.WandbTracker",
}


# old -> new key, by its dotted path, and old -> new value of a key (by its new path)
KEYS = {
    "data.told": "data.palette_condition",
    "told": "palette_conditions",  # of evaluate
    "loss": "ranking_loss",  # of reward_model
    "learn.aux": "learn.auxiliary",
    "trainer.group": "trainer.group_size",
}
VALUES = {
    "data.palette_condition": {"colours": "colors", "nothing": "none"},
    "resume": {"anew": "restart"},
}
# keys that are new in a part, with what they were before there was a choice
ADDED: dict[str, dict[str, Any]] = {
    "policy": {"lora": None, "hub": None},
    "sampler": {"branches": []},
}
# words of a key that is a part now, chosen by its config group
PARTS = {
    "sampler.action": {
        "entries": "colorrl.policy.action.PaletteChoice",
        "pixels": "colorrl.policy.action.WholeState",
        "regions": "colorrl.policy.action.RegionColors",
    },
}
# words of a key that has become the ``_target_`` of the part that it stood in, 2026-11-30
INTO_TARGET = {
    "learn.advantage.by": {
        "group": "colorrl.learn.estimators.ImageEstimator",
        "sketch": "colorrl.learn.estimators.ImageEstimator",
        "step": "colorrl.learn.estimators.StepEstimator",
    },
    "learn.loss.reads": {
        "images": "colorrl.learn.forward_process.ForwardProcess",
        "reward": "colorrl.learn.reward_gradient.RewardGradient",
        "transitions": "colorrl.learn.policy_gradient.PolicyGradient",
    },
}
# parts that are made later than they were, 2026-11-30
PARTIAL = {"colorrl.learn.critic.Critic"}


def renamed(values: Any, where: str = "") -> Any:
    """``values`` (a configuration as plain data, the part at ``where``) with today's names."""
    if isinstance(values, dict):
        made = dict(_entry(str(key), value, where) for key, value in values.items())
        later = {"_partial_": True} if made.get("_target_") in PARTIAL else {}
        return {**ADDED.get(where, {}), **made, **later}
    return [renamed(v) for v in values] if isinstance(values, list) else values


def _entry(key: str, value: Any, where: str) -> tuple[str, Any]:
    if key == "_target_":
        return key, TARGETS.get(value, value)
    old = f"{where}.{key}" if where else key
    if old in INTO_TARGET:
        return "_target_", INTO_TARGET[old][value]
    new = KEYS.get(old, old)
    parts = {word: {"_target_": part} for word, part in PARTS.get(new, {}).items()}
    known = VALUES.get(new, {}) | parts
    value = known.get(value, value) if isinstance(value, str) else renamed(value, new)
    return new.rsplit(".", 1)[-1], value


def remedy(key: str, value: str = "") -> str:
    """``; it is called 'x' now`` for a key, or a value of it, of an earlier version, or nothing."""
    new = KEYS.get(key, key)
    if value in PARTS.get(new, {}):
        return f"; write {new.replace('.', '/')}={value}"
    now = VALUES.get(new, {}).get(value)
    if now is not None:
        return f"; write {new}={now}"
    return f"; it is called '{new}' now" if new != key else ""

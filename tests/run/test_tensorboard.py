"""Event files read back by TensorBoard's own reader."""

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from colorrl.run.tensorboard import TensorBoardTracker
from colorrl.run.tracker import Run


def track(folder, steps, resumed=None):
    tracker = TensorBoardTracker(Run(folder, "train", "한글", 3, "abcd1234", {"seed": 3}, resumed))
    for step in steps:
        tracker.log(step, 64 * step, {"reward/total": 0.1 * step}, {"reward": torch.rand(8)})
    tracker.images(steps[-1], "val", torch.zeros(3, 8, 8), [{"sketch": "얼굴", "total": 0.3}])
    tracker.alert("reward hacking?", "look at the panels")
    tracker.finish({"eval/reward_gain": 0.25})


def read(folder):
    found = EventAccumulator(str(folder / "tensorboard"))
    found.Reload()
    return found


def values(events):
    return {event.step: event.value for event in events}


def test_scalars_histograms_panels_and_text(tmp_path):
    """Seen to fail without the panel's table."""
    track(tmp_path, [1, 2])
    tags = read(tmp_path).Tags()
    assert {"reward/total", "images", "summary/eval/reward_gain"} <= set(tags["scalars"])
    assert tags["images"] == ["panel/val"] and tags["histograms"] == ["histogram/reward"]
    texts = {t.removesuffix("/text_summary") for t in tags["tensors"]}
    assert texts == {"config", "table/val", "alert"}
    (row,) = read(tmp_path).Tensors("table/val/text_summary")
    assert "얼굴 | 0.300" in row.tensor_proto.string_val[0].decode()
    assert values(read(tmp_path).Scalars("images")) == {1: 64, 2: 128}


def test_a_resumed_run_has_each_step_once(tmp_path):
    """Step 3 was logged, then the run was killed and resumed from the checkpoint of step 2.

    Seen to fail without purge_step: step 3 is there twice.
    """
    track(tmp_path, [1, 2, 3])
    track(tmp_path, [3, 4], resumed=2)
    events = read(tmp_path).Scalars("reward/total")
    assert [event.step for event in events] == [1, 2, 3, 4]
    assert values(events)[3] == pytest.approx(0.3)

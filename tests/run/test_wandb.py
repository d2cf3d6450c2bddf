"""An offline W&B run, read back from its file: history, summary, media, artifacts, resume."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import wandb
from wandb.proto.wandb_internal_pb2 import Record

from colorrl.errors import UserError
from colorrl.run.tracker import Run
from colorrl.run.wandb import WandbTracker

BLOCK = 32768  # a .wandb file is a LevelDB log: a 7-byte head, then records within blocks


def records(path: Path) -> Iterator[Record]:
    data, at, parts = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if BLOCK - at % BLOCK < 7:  # no record head fits in the rest of this block
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        parts += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or last part
            record = Record()
            record.ParseFromString(parts)
            yield record
            parts = b""


def run_at(folder: Path, resumed: int | None = None) -> Run:
    return Run(folder, "train", "한글", 3, "abcd1234", {"seed": 3, "learn": {"lr": 1e-5}}, resumed)


def track(run: Run, first: int) -> None:
    tracker = WandbTracker(run, "colorrl", "offline", ["x"], "gold/pixel_share", "best_and_last")
    picture = torch.zeros(3, 8, 8)
    for step in (first, first + 1):
        if step > first:  # a panel before its step's metrics, as the training loop has it
            row = {"id": "1F600", "seed": 7, "image": picture, "total": 0.3}
            tracker.images(step, "val", picture, [row])
        metrics = {"reward/total": 0.1 * step, "gold/pixel_share": 0.5}
        tracker.log(step, 64 * step, metrics, {"reward/total": torch.rand(64)})
    tracker.images(first + 1, "after", picture)
    manifest = run.folder / "manifest.jsonl"
    manifest.write_text("{}")
    for kind in ("dataset", "checkpoint", "every-checkpoint"):
        tracker.artifact(manifest, kind)
    tracker.alert("reward hacking?", f"step {first + 1}: look at the panels")
    tracker.finish({"reward_gain": 0.25})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("run")
    track(run_at(made), 1)
    track(run_at(made, resumed=2), 3)
    return made


def logs(folder: Path) -> list[list[Record]]:
    return [list(records(path)) for path in sorted(folder.glob("wandb/offline-run-*/*.wandb"))]


def fields(items) -> dict:
    """Items by key; what W&B flattened, such as a histogram, as a dict within."""
    made: dict = {}
    for item in items:
        *outer, last = item.nested_key or [item.key]
        inner = made
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = json.loads(item.value_json)
    return made


def test_history_has_every_metric_against_images(folder):
    rows = [fields(r.history.item) for r in logs(folder)[0] if r.HasField("history")]
    first = rows[0]
    assert first["step"] == 1 and first["images"] == 64
    assert first["reward/total"] == pytest.approx(0.1)
    assert first["objective"] == 0.5
    assert first["histogram/reward/total"]["_type"] == "histogram"
    assert sum(first["histogram/reward/total"]["values"]) == 64
    assert "panel/val" not in first
    assert rows[1]["panel/val"]["_type"] == "image-file" and rows[1]["images"] == 128
    assert rows[1]["gold/pixel_share"] == 0.5  # one row, not two
    assert "panel/after" in rows[2] and rows[2]["images"] == 128
    axes = {
        r.metric.name or r.metric.glob_name: r.metric
        for r in logs(folder)[0]
        if r.HasField("metric")
    }
    assert axes["*"].step_metric == "images"


def test_an_alert_is_recorded(folder):
    (alert,) = [r.alert for r in logs(folder)[0] if r.HasField("alert")]
    assert alert.title == "reward hacking?" and alert.level == "WARN"
    assert "step 2" in alert.text


def test_the_table_keeps_scores_beside_pictures(folder):
    tables = list(folder.glob("wandb/offline-run-*/files/media/table/table/*.json"))
    table = json.loads(tables[0].read_text())
    assert table["columns"] == ["id", "seed", "image", "total"]
    assert table["data"][0][:2] == ["1F600", 7] and table["data"][0][3] == 0.3


def test_identity_summary_and_artifact_are_recorded(folder):
    """Seen to fail without the commit."""
    log = logs(folder)[0]
    run = next(r.run for r in log if r.HasField("run"))
    config = fields(run.config.update)
    assert run.run_group == "한글-abcd1234" and set(run.tags) == {"train", "한글", "x"}
    assert config["learn"] == {"lr": 1e-5} and config["config_hash"] == "abcd1234"
    assert len(config["commit"]) >= 7
    summary = {}
    for record in log:
        if record.HasField("summary"):
            summary |= fields(record.summary.update)
    assert summary["reward_gain"] == 0.25
    kinds = {r.request.log_artifact.artifact.type for r in log} | {r.artifact.type for r in log}
    assert {"dataset", "checkpoint"} <= kinds  # each checkpoint as it is written: only when asked
    assert "every-checkpoint" not in kinds


def test_a_resumed_run_is_the_same_run(folder):
    """Seen to fail with a new id at every start."""
    ids = {next(r.run.run_id for r in log if r.HasField("run")) for log in logs(folder)}
    assert len(logs(folder)) == 2 and len(ids) == 1


def test_a_new_run_gets_a_new_id(folder, tmp_path):
    track(run_at(tmp_path), 1)
    assert (tmp_path / "wandb_id").read_text() != (folder / "wandb_id").read_text()


def test_online_without_a_login_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")  # nothing listens: no network
    wandb.teardown()  # a session that another test started would keep that test's settings
    with pytest.raises(UserError, match="wandb login"):
        WandbTracker(run_at(tmp_path), "colorrl", None, [], "gold/pixel_share", "none")

"""result.json holds the figures and what it takes to repeat them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from colorrl.config.compose import config_hash
from colorrl.run.identity import command, commit
from colorrl.run.result import write_result


@dataclass(frozen=True, slots=True)
class Config:
    seed: int
    device: str


CFG = Config(1, "cpu")


def test_figures_and_origin(tmp_path):
    values = {"gold/pixel_share": torch.tensor(0.5), "de00": np.float32(2), "path": Path("그림")}
    write_result(tmp_path / "deep" / "result.json", values | {"gone": float("nan")}, CFG)
    read = json.loads((tmp_path / "deep" / "result.json").read_text(encoding="utf-8"))
    assert read["gold/pixel_share"] == 0.5 and read["de00"] == 2.0 and read["path"] == "그림"
    assert read["gone"] is None
    assert read["config_hash"] == config_hash(CFG) and read["seed"] == 1 and read["device"] == "cpu"
    assert read["command"] == command() and "torch" in read["versions"] and read["date"]
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["result.json"]  # no draft left


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "result.json"
    write_result(path, {"a": 1}, CFG)
    with pytest.raises(ValueError, match="cannot hold"):
        write_result(path, {"a": object()}, CFG)
    assert json.loads(path.read_text())["a"] == 1


def test_the_origin_may_be_given(tmp_path):
    write_result(tmp_path / "result.json", {"a": 1}, CFG, seed=[0, 1], device="cuda:0")
    read = json.loads((tmp_path / "result.json").read_text())
    assert read["seed"] == [0, 1] and read["device"] == "cuda:0"


def test_added_keys_are_not_overwritten_silently(tmp_path):
    with pytest.raises(ValueError, match="seed"):
        write_result(tmp_path / "result.json", {"seed": 2}, CFG)


def git(folder, *args):
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *args], check=True, capture_output=True)


def test_commit_is_known_dirty_or_unknown(tmp_path):
    assert commit(tmp_path) == "unknown"
    git(tmp_path, "init")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-m", "a")
    assert len(commit(tmp_path)) == 40
    (tmp_path / "a").write_text("2")
    assert commit(tmp_path).endswith("-dirty")
    (tmp_path / "inner").mkdir()
    assert commit(tmp_path / "inner") == "unknown"  # somebody else's repository


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["/x/python", "/x/bin/colorrl", "train", "name=ep(1)"], "colorrl train 'name=ep(1)'"),
        (["/x/python", "-m", "colorrl", "train", "seed=1"], "python -m colorrl train seed=1"),
        (["/x/python", "-u", "-m", "colorrl", "train"], "python -u -m colorrl train"),
        (["/x/python"], "python"),
    ],
)
def test_the_command_is_as_typed(argv, shown, monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", argv)
    assert command() == shown

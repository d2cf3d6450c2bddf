"""A run folder opens with its configuration and its trackers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from colorrl.config.compose import check, conf_dir, config_hash, hash_of, run_dir, save_config
from colorrl.errors import UserError
from colorrl.run.csv import CsvTracker
from colorrl.run.start import start_tracking


def test_config_yaml_gives_the_hash_back(tmp_path):
    """Seen to fail with a group left out of config.yaml."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = check("train", compose("train", [f"runs={tmp_path}", "name='이름'"]))
    trackers = start_tracking("train", cfg)
    assert [type(member) for member in trackers.members] == [CsvTracker]
    text = (run_dir(cfg) / "config.yaml").read_text(encoding="utf-8")
    assert "이름" in text
    assert hash_of(yaml.safe_load(text)) == config_hash(cfg)
    trackers.log(1, 64, {"reward/total": 0.5})
    assert (run_dir(cfg) / "metrics.csv").exists()


@dataclass(frozen=True, slots=True)
class Data:
    root: Path
    name: str
    sets: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    name: str
    seed: int
    runs: Path
    data: Data
    track: dict
    resume: str | None = None


class Ear:
    """Records its calls; opened by name, as a tracker is."""

    heard: ClassVar[list[tuple]] = []

    def __init__(self, run, word):
        self.heard.append((run.seed, run.resumed, word))

    def artifact(self, path, type):
        self.heard.append((path, type))


def test_the_manifest_is_an_artifact(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "manifest.jsonl").write_text("{}")
    spec = {"_target_": f"{__name__}.Ear", "word": "a"}
    cfg = Config("n", 5, tmp_path / "runs", Data(tmp_path, "set"), {"ear": spec})
    start_tracking("train", cfg, resumed=8)
    assert Ear.heard == [(5, 8, "a"), (tmp_path / "set" / "manifest.jsonl", "dataset")]


def test_every_set_of_a_mixture_is_an_artifact_of_its_own(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.jsonl").write_text("{}")
    spec = {"_target_": f"{__name__}.Ear", "word": "a"}
    data = Data(tmp_path, "mixture", {"a": 1.0, "b": 2.0, "not prepared": 1.0})
    start_tracking("train", Config("n", 5, tmp_path / "runs", data, {"ear": spec}))
    assert Ear.heard[-2:] == [
        (tmp_path / name / "manifest.jsonl", f"dataset-{name}") for name in ("a", "b")
    ]


def test_resume_names_the_folder_of_a_run_from_before_parts_were_renamed(tmp_path):
    """Seen to fail with no table of renamed parts."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        words = [f"runs={tmp_path}", "resume=auto", "learn=ppo_gae", "learn/auxiliary=ptx"]
        cfg = check("train", compose("train", words))
    folder = run_dir(cfg)
    former = folder.parents[1] / "0123abcd" / folder.name
    save_config(cfg, former)
    text = (former / "config.yaml").read_text(encoding="utf-8")
    for new, old in (
        ("colorrl.data.sets.openmoji.OpenMoji", "colorrl.data.openmoji.OpenMoji"),
        ("palette_condition: shares", "told: shares"),
        ("action:\n    _target_: colorrl.policy.action.RegionColors", "action: regions"),
        ("_target_: colorrl.learn.estimators.StepEstimator", "by: step"),
        ("_target_: colorrl.learn.policy_gradient.PolicyGradient", "reads: transitions"),
        ("Critic\n      _partial_: true", "Critic"),
        ("\n  auxiliary:", "\n  aux:"),
        ("\n  group_size:", "\n  group:"),
        ("\n  branches: []", ""),
    ):
        assert new in text
        text = text.replace(new, old)
    (former / "config.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=str(former)):
        start_tracking("train", cfg)
    (former / "config.yaml").write_text(text.replace("seed: 0", "seed: 1"), encoding="utf-8")
    start_tracking("train", cfg)  # another experiment is none of its business

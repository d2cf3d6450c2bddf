"""A run folder opens with its configuration and its trackers."""

import yaml
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from colorrl.config import check, conf_dir, config_hash, hash_of, run_dir
from colorrl.track.csv import CsvTracker
from colorrl.track.start import start_tracking


def test_config_yaml_gives_the_hash_back(tmp_path):
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

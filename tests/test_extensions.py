"""The walks "Add a ..." of the rooms' READMEs, with parts from outside the package."""

import subprocess
import sys
from dataclasses import replace

import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.utils import instantiate

from colorrl.color import srgb_to_lab
from colorrl.config.compose import check, conf_dir
from colorrl.data.pairs import load_split
from colorrl.export import formats
from colorrl.scripts.prepare import main as prepare
from tests.data.svgs import prepare_config
from tests.export.pages import painted
from tests.extensions import write_colors

GROUP = torch.zeros(5, dtype=torch.long)


def test_a_reward_term_from_outside(drawings):
    """rewards/README.md. Seen to fail with a weight of 0 for terms of the command line."""
    term = "{_target_: tests.extensions.Brightness, role: mean, weight: 1.0}"
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        words = [f"+reward.terms.brightness={term}", "~reward.terms.perceptual"]
        cfg = check("train", compose("train", words))
    reward = instantiate(cfg.reward)
    scores = reward.score(drawings.flats, drawings, GROUP)
    lightness = srgb_to_lab(drawings.flats, 1)[:, 0].mean((1, 2)) / 100
    torch.testing.assert_close(scores.term["brightness"], lightness, rtol=0, atol=1e-4)
    without = instantiate({**cfg.reward, "terms": {k: v for k, v in cfg.reward["terms"].items()
                                                   if k != "brightness"}})  # fmt: skip
    assert (scores.total < without.score(drawings.flats, drawings, GROUP).total).all()


def test_a_data_set_from_outside(tmp_path):
    """data/README.md. Seen to fail with the splits of the class ignored."""
    cfg = prepare_config(tmp_path)
    reader = {"_target_": "tests.extensions.Squares", "n": 5}
    prepare(replace(cfg, data=replace(cfg.data, name="상자", reader=reader)))
    found = {s: [x.id for x in load_split(tmp_path / "상자", s, 128)] for s in ("train", "val")}
    assert found == {"train": ["상자02", "상자03", "상자04"], "val": ["상자00"]}


def test_an_export_format(tmp_path, monkeypatch):
    """export/README.md: the entry in FORMATS. Seen to fail without it, with a KeyError."""
    monkeypatch.setitem(formats.FORMATS, "colors", {".colors.txt": write_colors})
    page = painted(tmp_path)
    formats.write(["colors"], tmp_path / "쪽", page)
    (file,) = formats.files_of(["colors"], tmp_path / "쪽")
    assert len(file.read_text("utf-8").split()) == len(page.colors) - 1


RUN = """
import sys, types
module = types.ModuleType("colorrl.scripts.train")
module.main = lambda cfg: print(cfg.name, cfg.learn.credit, cfg.trainer.updates)
sys.modules["colorrl.scripts.train"] = module
from colorrl.cli.main import run_verb
run_verb("train", sys.argv[1:])
"""


def test_an_experiment_from_outside(tmp_path):
    """conf/README.md. Seen to fail with the path unquoted: Hydra's grammar."""
    folder = tmp_path / "설정" / "experiment"
    folder.mkdir(parents=True)
    text = "# @package _global_\ndefaults:\n  - override /learn: rloo\nname: mine\n"
    (folder / "mine.yaml").write_text(f"{text}learn:\n  credit: region\n", encoding="utf-8")
    words = [f"hydra.searchpath=[file://{folder.parent}]", "experiment=mine", "trainer.updates=3"]
    line = [sys.executable, "-c", RUN, *words]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["mine", "region", "3"], done.stderr

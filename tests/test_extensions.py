"""The walks "Add a ..." of the rooms' READMEs, with parts from outside the package."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.utils import instantiate

import colorrl
from colorrl.color import srgb_to_lab
from colorrl.config.compose import check, conf_dir
from colorrl.data.load import load_pools
from colorrl.data.pairs import load_split
from colorrl.export import formats
from colorrl.policy.pipeline import save_generator
from colorrl.scripts.prepare import main as prepare
from colorrl.scripts.pretrain import draw_batch
from colorrl.scripts.train import update
from colorrl.training.pretrain_state import Pretraining
from tests.data.svgs import prepare_config
from tests.export.pages import painted
from tests.extensions import write_colors
from tests.tiny import SIZE, composed, pretrain_overrides, train_config
from tests.updates import SMALL, assert_ratio_one, first_parts, started

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


def test_a_loss_from_outside(run_inputs, tmp_path):
    """learn/README.md: an update of image credit and one of region credit, from ratio 1.

    Seen to fail with a loss that takes advantages of images alone.
    """
    target = "learn.loss.function._target_=tests.extensions.weighted_ratio"
    words = ["learn=reinforce", target, "learn/advantage=leave_one_out"]
    for credit in ("image", "region"):
        words += [f"learn.credit={credit}"]
        cfg = train_config(run_inputs, tmp_path, *SMALL, *words)
        drawings, reward = load_pools(cfg.data, SIZE), instantiate(cfg.reward)
        run = started(cfg, drawings)
        assert_ratio_one(*first_parts(run, drawings, reward))
        metrics, _ = update(run, drawings, reward)
        assert metrics["policy/grad_norm"] > 0


def test_a_network_from_outside(run_inputs, tmp_path):
    """policy/README.md: pretrained, written, loaded by a process that never imported it, sampled.

    Seen to fail with diffusers left to find the class: it takes those of imported modules alone.
    """
    spec = {"_target_": "tests.extensions.Tint", "size": SIZE}
    cfg = composed("pretrain", *pretrain_overrides(run_inputs, tmp_path))
    cfg = replace(cfg, policy=replace(cfg.policy, network=spec), entry_weight=1.0)
    run = Pretraining(cfg)
    batch = draw_batch(load_pools(cfg.data, run.size), cfg, 0)
    before = float(run.update(batch))
    for _ in range(20):
        after = float(run.update(batch))
    assert after < before
    save_generator(tmp_path / "색조", run.network, **run.sampling)
    words = [str(tmp_path / "색조"), str(SIZE)]
    line = [sys.executable, "-c", LOAD, *words]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["Tint", "3"], done.stderr


LOAD = """
import sys
from colorrl.config.schema.generator import PolicyConfig
from colorrl.policy.pipeline import load_policy
spec = {"_target_": "tests.extensions.Tint", "size": int(sys.argv[2])}
pipeline = load_policy(PolicyConfig(path=sys.argv[1], network=spec, lora=None, hub=None))
print(type(pipeline.network).__name__, pipeline.config.n_steps)
"""


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


MINE = """defaults:
  - _base
  - _self_

path: tiny
network:
  _target_: tests.own_networks.Net
  size: 32
"""


@pytest.mark.slow
def test_a_network_from_outside_is_trained_and_colours_pages(run_inputs, tmp_path):
    """conf/README.md: an option in a folder of one's own, then `imports=` for the generator.

    In worker processes, too. Without `imports=` the generator is refused, in one line.
    """
    own = tmp_path / "설정"
    (own / "policy").mkdir(parents=True)
    (own / "policy" / "mine.yaml").write_text(MINE)
    words = [word.replace("'", "") for word in pretrain_overrides(run_inputs, tmp_path)]
    words = [word for word in words if not word.startswith("policy.network.")]
    run = colorrl.pretrain([*words, "policy=mine", "--config-dir", str(own)])
    assert "import tests.own_networks" in (run.generator / "README.md").read_text("utf-8")
    pages = conf_dir().parent / "datasets" / "demo" / "동물"
    line = [sys.executable, "-m", "colorrl", "colorize", str(pages), "device=cpu", "workers=2"]
    line += [f"output={tmp_path / 'out'}", f"policy.path={run.generator}"]
    env = os.environ | {"PYTHONPATH": str(conf_dir().parent), "OMP_NUM_THREADS": "1"}
    options = {"env": env, "cwd": tmp_path, "capture_output": True, "text": True, "check": False}
    done = subprocess.run([*line, "imports=[tests.own_networks]"], **options)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("*.png"))) >= 3
    refused = subprocess.run([*line, "overwrite=true"], **options)
    assert refused.returncode == 1 and refused.stderr.count("error: ") == 1
    assert "allow it: imports=[tests.own_networks]" in refused.stderr

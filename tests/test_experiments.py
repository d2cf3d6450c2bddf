"""Every experiment of conf/experiment/, with its own reward, on small real parts.

Ratio 1 to the bit at first, a resume to the bit, the budget and seeds that make it comparable.
"""

import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.utils import instantiate

from colorrl.cli.help import options
from colorrl.config.compose import conf_dir
from colorrl.data.load import load_pools
from colorrl.preferences.network import init_from
from tests.tiny import composed, network, perturbed, train_config
from tests.updates import SMALL, assert_ratio_one, assert_resumes, first_parts, started

EXPERIMENTS = options("experiment")
GPU = [name for name in EXPERIMENTS if name.startswith("base_")]
HUB = [name for name in EXPERIMENTS if name.startswith(("sd", "flux_"))]  # tests/policy/hub
STUDY = [name for name in EXPERIMENTS if name not in ("demo", *GPU, *HUB)]
ASKED = {"reinforce", "reinforce_baseline", "rloo", "ppo_gae", "grpo", "grpo_region", "instructgpt",
         "r1_zero", "tulu3_rlvr", "nft", "best_of_n", "reward_backprop", "rendering",
         "grpo_entries", "branching", "expert_iteration"}  # fmt: skip
# Where the reward model lies, and no warm-up in which nothing is learnt.
OWN = {
    "instructgpt": ["reward.terms.learned.path='{}'"],
    "tulu3_rlvr": ["learn.advantage.function.network.path='{}'"],
    "ppo_gae": ["learn.advantage.function.warmup=0"],
    "branching": ["sampler.branches=[2,2]", "trainer.group_size=4"],
}


@cache
def loaded(experiment: str) -> object:
    return composed("train", f"experiment={experiment}")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A reward model that differs between pictures."""
    torch.manual_seed(4)
    folder = tmp_path_factory.mktemp("reward") / "model"
    perturbed(init_from(network("region"), hidden=8), 0.1).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def sets(run_inputs, tmp_path_factory):
    """A root with the tiny set under the name of each set that an experiment speaks of."""
    root = tmp_path_factory.mktemp("sets")
    for name in ("작은 세트", "openmoji", "procedural"):
        (root / name).symlink_to(run_inputs / "작은 세트")
    return root


@pytest.fixture(scope="module")
def parts(run_inputs, sets, tmp_path_factory, model):
    """(make, drawings, reward) of an experiment: make a run, given more overrides."""
    drawings = load_pools(train_config(run_inputs, run_inputs).data, 32)

    def of(name: str):
        own = [f"data.root='{sets}'", *(word.format(model) for word in OWN.get(name, []))]
        own += ["data.sets={}", "trainer.precision='no'"] if name in GPU else []
        if loaded(name).sampler.window is not None:
            own.append("sampler.window=[0,2]")  # of 3 steps
        runs = tmp_path_factory.mktemp(name)
        cfg = partial(train_config, run_inputs, runs, f"experiment={name}", *SMALL, *own)
        reward = instantiate(cfg().reward)
        return lambda *words: started(cfg(*words), drawings), drawings, reward

    return of


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name not in HUB])
def test_an_experiment_is_exact(parts, tmp_path, name):
    """Seen to fail with states cast to bf16, and without the value's state in the checkpoint."""
    make, drawings, reward = parts(name)
    if make().objective.loss.needs_log_probs:
        assert_ratio_one(*first_parts(make(), drawings, reward))
    assert_resumes(make, drawings, reward, tmp_path, n=1)


SEEDS = """
import sys, types
module = types.ModuleType("colorrl.scripts.train")
module.main = lambda cfg: print(cfg.name, cfg.seed)
sys.modules["colorrl.scripts.train"] = module
from colorrl.cli.main import run_verb
run_verb("train", ["experiment=grpo", *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    ("words", "seeds"), [(["-m"], "012"), (["-m", "seed=3,4"], "34"), (["seed=5"], "5")]
)
def test_m_runs_the_seeds(tmp_path, words, seeds):
    line = [sys.executable, "-c", SEEDS, *words]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[:-1] == [f"grpo {seed}" for seed in seeds], done.stderr


def test_the_list_is_whole():
    assert set(STUDY) == ASKED


@pytest.mark.parametrize("name", STUDY)
def test_methods_are_compared_on_one_budget(name):
    """6,400 images from a micro generator, three seeds with -m, a folder that says what it is."""
    cfg = loaded(name)
    assert cfg.name == name and cfg.policy.network["size"] == 32
    assert cfg.trainer.sketches * cfg.trainer.group_size * cfg.trainer.updates == 6400
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        whole = compose("train", [f"experiment={name}"], return_hydra_config=True)
    assert whole.hydra.sweeper.params.seed == "0,1,2"
    page = conf_dir().parent / "experiments" / name / "README.md"
    assert f"colorrl train experiment={name} -m" in page.read_text(encoding="utf-8")


def test_one_clip_means_one_change_of_a_drawing():
    """.3 nats of the density of 10 regions' colors or entries; per element of a state as published.

    Seen to fail with grpo_entries at the .01 of colors, which have three numbers a region.
    """
    dimensions = {"RegionColors": 30, "PaletteChoice": 10}
    seen = {}
    for name in EXPERIMENTS:
        cfg = loaded(name)
        function, action = cfg.learn.loss["function"], cfg.sampler.action["_target_"].split(".")[-1]
        if "clip_low" in function and action in dimensions:
            seen[name] = dimensions[action] * function["clip_low"]
            assert function["clip_high"] == function["clip_low"]
        elif "clip_low" in function:
            assert name in HUB and function["clip_low"] <= 1e-4
    assert seen == pytest.approx(dict.fromkeys(seen, 0.3)) and {"grpo", "grpo_entries"} < set(seen)


@pytest.mark.parametrize("name", GPU)
def test_gpu_runs_fit_a_session(name):
    """From `base` at 256 px, in parts that leave time to start and to judge within nine minutes."""
    cfg = loaded(name)
    assert cfg.name == name and cfg.policy.network["size"] == 256 and cfg.policy.path == "runs/base"
    assert set(cfg.data.sets) == {"openmoji", "dicebear", "procedural"}
    assert cfg.trainer.budget_minutes <= 7.5 and cfg.trainer.precision == "bf16"
    assert f"| {name}" in (conf_dir().parent / "experiments/gpu/README.md").read_text("utf-8")

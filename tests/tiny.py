"""The smallest real run: networks, a prepared set on disk, a typed configuration."""

import copy
import functools
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from colorrl.config.compose import check, conf_dir
from colorrl.config.schema.data import SplitConfig
from colorrl.data.sets.openmoji import OpenMoji
from colorrl.policy.pipeline import save_generator
from colorrl.policy.plain import DiTFlow, UNetFlow
from colorrl.policy.region_flow import RegionFlow
from colorrl.policy.region_tokens import RegionTokens
from colorrl.policy.rollout import Sampler
from colorrl.rewards.combine import Combination, gated
from colorrl.scripts.prepare import prepare
from tests.data.svgs import drawing, prepare_config, rings, two_rooms

SIZE = 32
GATED = Combination(gated, std_floor=None)
NETWORKS = ("region", "unet", "dit")
DRAWINGS = {
    "1F7A0": two_rooms(8, 8, "#d22f27", "#fcea2b"),
    "1F7A1": two_rooms(30, 34, "#5c9e31", "#92d3f5"),
    "1F7A2": rings(36, [30, 18, 8], ["#a57939", "#fcea2b", "#d22f27"]),
    "1F7A3": rings(22, [16, 8], ["#ea5a47", "#1e50a0"]),
    "1F7A4": drawing([('path d="M8 60 L36 8 L64 60 Z"', "#b1cc33"),
                      ('circle cx="36" cy="44" r="10"', "#61b2e4")]),
    "1F7A5": drawing([('rect x="6" y="44" width="60" height="20"', "#6a462f"),
                      ('rect x="20" y="12" width="12" height="32"', "#d22f27"),
                      ('rect x="40" y="24" width="14" height="20"', "#f1b31c")]),
    "1F7A6": rings(48, [20, 11, 5], ["#92d3f5", "#fff", "#6a462f"]),
    "1F7A7": drawing([('rect x="12" y="6" width="12" height="60"', "#1e50a0"),
                      ('path d="M24 10 L64 22 L24 34 Z"', "#d22f27")]),
}  # fmt: skip


def network(kind: str, size: int = SIZE) -> Any:
    """One of NETWORKS, with weights that matter everywhere, in evaluation mode."""
    torch.manual_seed(3)
    made = {
        "region": lambda: RegionFlow(size=size, patch=4, width=16, n_blocks=1, n_heads=2),
        "unet": lambda: UNetFlow(size=size, width=8),
        "dit": lambda: DiTFlow(size=size, patch=8, n_heads=2, n_layers=1),
    }[kind]()
    return perturbed(made.eval(), 0.02)


def token_network(size: int = SIZE) -> RegionTokens:
    """Region tokens, which are no Gaussian policy as NETWORKS are, likewise."""
    torch.manual_seed(3)
    made = RegionTokens(size=size, width=16, n_blocks=1, n_heads=2, n_codes=20,
                        n_encoder_layers=1, n_decoder_layers=1)  # fmt: skip
    return perturbed(made.eval(), 0.05)


def perturbed(policy: Any, by: float) -> Any:
    """A copy with Gaussian noise of standard deviation ``by`` on every parameter."""
    policy = copy.deepcopy(policy)
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for p in policy.parameters():
            p += by * torch.randn(p.shape, generator=draw)
    return policy


def sampler(kind: str = "flow_sde", rho: float = 0.5, **changes: Any) -> Sampler:
    """Four steps of ``kind``; ``window`` is flow_sde on the second and third step alone."""
    if kind == "window":
        kind, changes = "flow_sde", {"window": (1, 2)} | changes
    return replace(Sampler(kind, n_steps=4, eta=0.6, shift=3.0, rho=rho), **changes)


def make_run_inputs(root: Path) -> Path:
    """Prepares the set 작은 세트 and saves the generator ``gen`` below ``root``."""
    source = root / "svg"
    source.mkdir(parents=True)
    for name, svg in DRAWINGS.items():
        (source / f"{name}.svg").write_text(svg, encoding="utf-8")
    split = SplitConfig(likeness=0.9, held_out=0.3, max_held_out=12, learned=[])
    prepare(OpenMoji(source), replace(prepare_config(root), split=split))
    save_generator(root / "gen", network("region"), n_steps=3, shift=3.0, rho=0.5)
    return root


@functools.cache
def _composed(verb: str, *choices: str) -> Any:
    """Hydra's own composition, which takes half a second."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return compose(verb, [*choices])


def composed(verb: str, *overrides: str) -> Any:
    """The typed config of ``verb``."""
    choices = [o for o in overrides if (conf_dir() / o.split("=")[0]).is_dir()]
    values = OmegaConf.from_dotlist([o for o in overrides if o not in choices])
    return check(verb, OmegaConf.merge(_composed(verb, *choices), values))


def train_overrides(root: Path, runs: Path) -> list[str]:
    """A run of 4 updates of 4 x 4 images over ``make_run_inputs``' set."""
    return [
        "device=cpu",
        f"data.root='{root}'",
        "data.name='작은 세트'",
        f"policy.path='{root / 'gen'}'",
        f"runs='{runs}'",
        "trainer.sketches=4",
        "trainer.group_size=4",
        "trainer.micro_sketches=1",
        "trainer.updates=4",
        "trainer.eval_every=2",
        "trainer.save_every=1",
        "learn.lr=1e-3",
    ]


def train_config(root: Path, runs: Path, *overrides: str) -> Any:
    return composed("train", *train_overrides(root, runs), *overrides)


def pretrain_overrides(root: Path, runs: Path) -> list[str]:
    """Six steps of batches of 4."""
    return [
        *train_overrides(root, runs)[:3],
        f"runs='{runs}'",
        "policy.network.size=32",
        "policy.network.width=16",
        "policy.network.n_blocks=1",
        "policy.network.n_heads=2",
        "steps=6",
        "batch_size=4",
        "loaders=0",
        "log_every=1",
        "validate_every=3",
        "save_every=2",
        "warmup_steps=2",
        "n_steps=3",
        "sample_shift=2.0",
        "rho=0.25",
    ]


def pretrain_config(root: Path, runs: Path, *overrides: str) -> Any:
    return composed("pretrain", *pretrain_overrides(root, runs), *overrides)


def flat(state: Any, name: str = "") -> dict[str, Any]:
    """name -> tensor or number, of a nested state."""
    if isinstance(state, dict):
        pairs = state.items()
    elif isinstance(state, list | tuple):
        pairs = enumerate(state)
    else:
        return {name: state}
    return {k: v for key, item in pairs for k, v in flat(item, f"{name}/{key}").items()}


def assert_same_state(one: Any, other: Any) -> None:
    """Two states of a run, bit for bit."""
    a, b = flat(one), flat(other)
    assert a.keys() == b.keys() and len(a) > 50
    for name, value in a.items():
        if torch.is_tensor(value):  # a figure that a sketch does not have is NaN in both
            torch.testing.assert_close(value, b[name], rtol=0, atol=0, equal_nan=True, msg=name)
        else:
            assert value == b[name], name

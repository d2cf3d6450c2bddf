"""An evaluation of a generator of 32 px beside another one, which tests of `evaluate` share."""

from types import SimpleNamespace

from colorrl.policy.pipeline import save_generator
from tests import tiny

BASELINES = "baselines=[dominant_colour,nearest_regions,random_colours]"


def make_inputs(run_inputs, folder):
    """``run_inputs`` with another generator beside ``gen``: the start, below ``folder``."""
    other = tiny.perturbed(tiny.network("region"), 0.3)
    save_generator(folder / "start", other, n_steps=3, shift=3.0, rho=0.5)
    return SimpleNamespace(root=run_inputs, start=folder / "start")


def config(inputs, output, *overrides):
    common = tiny.train_overrides(inputs.root, output)[:4]
    return tiny.composed(
        "evaluate",
        *common,
        "samples=1",
        f"output='{output}'",
        "split=train",
        "best_of=3",
        "palette_conditions=[shares]",
        "steps=[2]",
        BASELINES,
        *overrides,
    )

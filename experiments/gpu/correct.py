"""Is training on this device exact? python experiments/gpu/correct.py [key=value ...] of train.

1. The ratio before the first optimiser step: exactly 1 in fp32, within BF16 of 1 under autocast.
2. With deterministic algorithms, an update after a resume is that without a break, bit for bit.
3. Rewards of one set of pictures: the processor's within REWARD.

Exits 1 where one does not hold.
"""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from accelerate.state import AcceleratorState
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from parts import base

from colorrl.config.compose import check, conf_dir
from colorrl.data.batch import collate
from colorrl.data.load import load_pools, load_sketches
from colorrl.report.table import markdown
from colorrl.scripts.train import update
from colorrl.training.state import Training
from tests.updates import first_parts

# |log ratio| per element: a tenth of the clip range, so that no ratio is clipped by rounding
BF16 = 1e-5
REWARD = 1e-4
REWARDS = ("paired", "reference_free")
SIZE = [
    "trainer.sketches=4",
    "trainer.group_size=4",
    "trainer.micro_sketches=2",
    "trainer.updates=4",
]


def config(*words):
    words = ["experiment=base_grpo", f"device={os.environ['DEVICE']}", *SIZE, *words]
    words += [f"policy.path={'tiny' if os.environ.get('TOY') else base()}", *sys.argv[1:]]
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return check("train", compose("train", words))


class Inputs:
    """What all checks share: drawings, reward, slots."""

    def __init__(self, size):
        self.cfg = config()
        self.pools = load_pools(self.cfg.data, size)
        self.reward = instantiate(self.cfg.reward)
        groups = [g for pool in self.pools for g in pool.groups]
        self.n_slots = 1 + max(s.regions.n_regions for g in groups for s in g)

    def run(self, **changes):
        AcceleratorState._reset_state(reset_partial_state=True)  # else one precision a process
        run = Training(replace(self.cfg, **changes))
        run.n_slots = self.n_slots
        return run

    def with_precision(self, precision):
        return self.run(trainer=replace(self.cfg.trainer, precision=precision))


def largest_log_ratio(inputs, precision):
    """Per element, over samples and steps, before any optimiser step."""
    run = inputs.with_precision(precision)
    _, parts = first_parts(run, inputs.pools, inputs.reward)
    return max(float(part.columns["log_ratio"].abs().max()) for part in parts)


def numbers_that_differ_after_a_resume(inputs):
    """Of weights, averages and optimiser, after two updates with and without a break between."""
    torch.use_deterministic_algorithms(True)
    straight = inputs.run()
    with tempfile.TemporaryDirectory() as folder:
        update(straight, inputs.pools, inputs.reward)
        straight.save(Path(folder))
        update(straight, inputs.pools, inputs.reward)
        resumed = inputs.run(resume="auto")
        resumed.resume(Path(folder))
    update(resumed, inputs.pools, inputs.reward)
    torch.use_deterministic_algorithms(False)
    pairs = zip(tensors(straight.state()), tensors(resumed.state()), strict=True)
    return sum(int((a.nan_to_num() != b.nan_to_num()).sum()) for a, b in pairs)


def tensors(state):
    """All tensors of a nested state."""
    if torch.is_tensor(state):
        return [state]
    values = state.values() if isinstance(state, dict) else state
    nested = isinstance(state, dict | list | tuple)
    return [t for v in values for t in tensors(v)] if nested else []


def reward_differences(inputs):
    """reward -> term -> largest difference to the processor, over truths under 0 to 100 % noise."""
    run = inputs.run()
    sketches = load_sketches(inputs.cfg.data, "val", run.size, 16)
    batch = collate(sketches, n_palette=16).repeat(4)
    noise = torch.rand(batch.flats.shape, generator=torch.Generator().manual_seed(0))
    share = torch.tensor([0.0, 0.02, 0.3, 1.0]).repeat(len(sketches))[:, None, None, None]
    image = batch.flats * (1 - share) + noise * share
    group = torch.arange(len(sketches)).repeat_interleave(4)
    found = {}
    for name in REWARDS:
        reward = instantiate(config(f"reward={name}").reward)
        known = reward.score(image, batch, group)
        here = reward.score(image.to(run.device), batch.to(run.device), group.to(run.device))
        values = {"total": (known.total, here.total)}
        values |= {term: (known.term[term], here.term[term]) for term in known.term}
        found[name] = {n: float((a - b.cpu()).abs().max()) for n, (a, b) in values.items()}
    return found


def main():
    size = Training(config()).size
    inputs = Inputs(size)
    exact = largest_log_ratio(inputs, "no")
    near = largest_log_ratio(inputs, "bf16")
    broken = numbers_that_differ_after_a_resume(inputs)
    rows = [
        ("ratio at first, fp32: largest |log ratio| per element", exact, 0.0),
        ("the same under bf16 autocast", near, BF16),
        ("numbers that differ after a resume, deterministic", broken, 0),
    ]
    for name, terms in reward_differences(inputs).items():
        worst = max(terms, key=terms.get)
        rows.append(
            (f"reward {name}, largest difference to the CPU ({worst})", terms[worst], REWARD)
        )
    body = [[what, f"{found:.2g}", f"{bar:.2g}", "ok" if found <= bar else "FAILED"]
            for what, found, bar in rows]  # fmt: skip
    print(markdown([f"at {size} px on {inputs.cfg.device}", "found", "at most", ""], body))
    sys.exit(any(found > bar for _, found, bar in rows))


if __name__ == "__main__":
    main()

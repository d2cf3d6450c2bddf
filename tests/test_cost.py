"""Where an update's time goes: the network and LPIPS, and little else."""

import time
from collections import defaultdict

import pytest
import torch
from hydra.utils import instantiate

from colorrl.policy.pipeline import save_generator
from colorrl.policy.region_flow import RegionFlow
from colorrl.rewards import perceptual
from colorrl.scripts.train import load_data, update
from colorrl.training.state import Training
from tests.tiny import composed, train_overrides

SLOTS = 28  # as many as OpenMoji's training set needs at 64 px


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_what_is_neither_network_nor_lpips_is_a_tenth_at_most(run_inputs, tmp_path, monkeypatch):
    """The default batch at 64 px with the default network, in processor time.

    The rewards without LPIPS are a twentieth at most.
    """
    save_generator(tmp_path / "gen", RegionFlow(), n_steps=6, shift=3.0, rho=0.5)
    words = [w for w in train_overrides(run_inputs, tmp_path) if not w.startswith("trainer.")]
    cfg = composed("train", *words, f"policy.path='{tmp_path / 'gen'}'")
    run = Training(cfg)
    reward = instantiate(cfg.reward)
    train, _ = load_data(cfg, run, reward)
    run.n_slots = SLOTS
    update(run, train, reward)  # warms up
    spent = defaultdict(float)

    def timed(region_index, name, part):
        real = getattr(region_index, name)

        def call(*rest, **named):
            began = time.process_time()
            try:
                return real(*rest, **named)
            finally:
                spent[part] += time.process_time() - began

        monkeypatch.setattr(region_index, name, call)

    timed(run.policy, "encode", "forward")
    timed(run.policy, "predict", "forward")
    timed(torch.Tensor, "backward", "backward")
    timed(perceptual, "features", "lpips")
    timed(perceptual, "distance", "lpips")
    timed(reward, "score", "score")  # LPIPS included
    began = time.process_time()
    for _ in range(2):
        metrics, _ = update(run, train, reward)
    whole = time.process_time() - began
    rewards = spent.pop("score") - spent["lpips"]
    rest = whole - sum(spent.values())
    found = {part: f"{seconds / whole:.1%}" for part, seconds in spent.items()}
    print(
        f"{whole / 2:.2f} s an update: {found}, the rest {rest / whole:.1%}, "
        f"rewards without LPIPS {rewards / whole:.1%}"
    )
    assert set(spent) == {"forward", "backward", "lpips"}
    assert rest < 0.1 * whole, found
    assert 0 < rewards < 0.05 * whole, rewards / whole
    assert {"time/sample_s", "time/reward_s", "time/update_s"} <= metrics.keys()

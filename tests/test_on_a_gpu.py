"""What a GPU would trip over, seen on a machine without one.

torch's fake tensors know their device and shape but hold no numbers. On fake CUDA tensors an
operation that mixes in a tensor of the processor raises, and so does one that asks for a number: on
a GPU that waits until all the work before it is done.
"""

from types import SimpleNamespace

import pytest
import torch
from hydra.utils import instantiate
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    FakeTensor,
    FakeTensorMode,
)

from colorrl.learn.loss import ppo_clip
from colorrl.policy import noise
from colorrl.policy.action import RegionColors, WholeState
from colorrl.policy.flow_matching import x0_and_entry_error
from colorrl.policy.rollout import noise_model
from colorrl.policy.transition import Step
from colorrl.rewards.reading import read
from colorrl.types import _map_tensors
from tests.tiny import composed, network

N, SAMPLES = 4, 2


class Gpu:
    """A GPU that computes nothing."""

    def __init__(self):
        self.mode = FakeTensorMode()

    def put(self, value):
        fake = value if isinstance(value, FakeTensor) else self.mode.from_tensor(value)
        with self.mode:
            return fake.to("cuda")

    def put_module(self, module):
        for part in module.modules():
            for store in (part._parameters, part._buffers):
                store |= {k: self.put(v) for k, v in store.items() if v is not None}
        module.to = lambda *_: module  # it is there
        return module


@pytest.fixture
def gpu():
    return Gpu()


@pytest.fixture
def batch(gpu, small_drawings):
    return _map_tensors(small_drawings, gpu.put)


@pytest.fixture
def seeds(monkeypatch):
    """Seeds of N rows, and numbers without a generator, which CUDA alone has for CUDA."""

    def drawn(seeds, shape, n_slots, device):
        n_chunks = -(-n_slots // noise._CHUNK)
        regions = torch.randn(len(seeds), n_chunks * noise._CHUNK, shape[0], device=device)
        return torch.randn(len(seeds), *shape, device=device), regions

    monkeypatch.setattr(noise, "_draw", drawn)
    return lambda n: SimpleNamespace(tolist=lambda: list(range(n)))


@pytest.mark.parametrize("preset", ["paired", "paired_verified", "reference_free", "rendering"])
def test_rewards_stay_on_the_device(gpu, batch, preset, monkeypatch):
    monkeypatch.setattr("colorrl.rewards.total._check_finite", lambda *_: None)  # its one question
    reward = instantiate(composed("train", f"reward={preset}").reward)
    for term in reward.terms.values():
        if hasattr(term, "model"):
            gpu.put_module(term.model)
    with gpu.mode:
        sketch = batch.repeat(SAMPLES)
        image = torch.rand(N * SAMPLES, *batch.flats.shape[1:], device="cuda")
        group = torch.arange(N, device="cuda").repeat_interleave(SAMPLES)
        scores = reward.score(image, sketch, group, 0.5)
    assert scores.total.device.type == scores.credit.device.type == "cuda"


def test_the_loss_of_pretraining_stays_on_the_device(gpu, batch, seeds):
    policy = gpu.put_module(network("region"))
    with gpu.mode:
        t = torch.rand(N, device="cuda")
        errors = x0_and_entry_error(policy, batch, t, seeds(N), 0.5)
    assert [e.device.type for e in errors] == ["cuda", "cuda"]


@pytest.mark.parametrize("action", [RegionColors(), WholeState()])
def test_the_policy_gradient_stays_on_the_device(gpu, batch, seeds, action):
    policy = gpu.put_module(network("region"))
    step = Step("flow_sde", 0.8, 0.6, 0.7, stochastic=True)
    with gpu.mode:
        model = noise_model(policy, batch, SAMPLES, 0.5)
        x = policy.space.start(model, seeds(N * SAMPLES))
        encoding = policy.encode(batch).repeat(SAMPLES)
        law = action.transition(policy, encoding, x, step, model)
        logp = law.log_prob(law.sample(lambda: seeds(N * SAMPLES)).outcome.detach())
        apart, count = law.kl(law), action.count(model, encoding)
        loss = ppo_clip(logp, logp.detach(), torch.rand_like(logp), count, 1e-4, 1e-4)
    assert loss.loss.device.type == apart.device.type == "cuda"


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (lambda reading: reading.lab + torch.zeros(3, 1, 1), RuntimeError),
        (lambda reading: reading.lab.max().item(), DataDependentOutputException),
    ],
)
def test_this_would_find_it(gpu, batch, wrong, kind):
    """A tensor of the processor, and a number that is asked for."""
    with gpu.mode:
        reading = read(torch.rand(N, *batch.flats.shape[1:], device="cuda"), batch)
        with pytest.raises(kind):
            wrong(reading)

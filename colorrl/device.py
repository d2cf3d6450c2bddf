"""The device a verb runs on."""

from __future__ import annotations

import sys

import psutil
import torch

from colorrl.errors import UserError

try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None  # type: ignore[assignment]


def pick_device(name: str) -> torch.device:
    """``cpu``, ``cuda`` or the like; ``auto`` = the GPU if there is one, its fp32 made fp32.

    Raises UserError for a name that is none, and for a device that this machine lacks.
    """
    # torch lets convolutions of fp32 round to 10 bits (TF32): LPIPS, and so rewards, would differ
    # from the processor's. What may be rounded is asked for as bf16.
    torch.backends.cudnn.allow_tf32 = False
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as fault:  # the latter: a torch built without CUDA
        cause = str(fault).splitlines()[0]
        if cause.startswith("Expected one of"):  # and then all that torch has ever run on
            cause = "there is no such kind"
        raise UserError(f"device={name}: {cause}. Give cpu, cuda or auto", 2) from fault


def peak_memory_gib(device: torch.device) -> float:
    """Peak memory of this process: of the GPU if there is one, of the host otherwise."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**30
    if resource is None:
        return float(psutil.Process().memory_info().peak_wset) / 2**30
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, else kB
    return peak / 2**30 if sys.platform == "darwin" else peak / 2**20

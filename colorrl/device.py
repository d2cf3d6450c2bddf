"""The device a verb runs on."""

from __future__ import annotations

import torch

from colorrl.config import UserError


def pick_device(name: str) -> torch.device:
    """``cpu``, ``cuda`` or the like; ``auto`` = the GPU if there is one. UserError if not one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(name)
    except RuntimeError:
        raise UserError(f"device={name} is not one: give cpu, cuda or auto", 2) from None

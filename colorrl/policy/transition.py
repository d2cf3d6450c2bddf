"""One step of sampling: the Gaussian that takes a state at time t to t' < t.

Time runs from 1 (noise) to 0 (image) along x_t = (1 - t) x0 + t x1 with x1 standard normal noise
(correlated or not). Sampling and learning both call ``step``, on the same stored states: that
alone makes the first ratio exactly 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

KINDS = ("ode", "ddim", "cps", "flow_sde")


def time_grid(n_steps: int, shift: float) -> Tensor:
    """Times (n_steps + 1,) fp32 from exactly 1 to exactly 0; shift > 1 dwells near the noise.

    t = shift u / (1 + (shift - 1) u) of u uniform (Esser et al. 2024, arXiv 2403.03206, eq. 23).
    """
    if n_steps < 1 or shift <= 0:
        raise ValueError(f"need n_steps >= 1 and shift > 0, got {n_steps} and {shift}")
    u = torch.linspace(1, 0, n_steps + 1, dtype=torch.float64)
    return (shift * u / (1 + (shift - 1) * u)).float()


def step(
    kind: str, x: Tensor, x0: Tensor, t: float, t_next: float, eta: float
) -> tuple[Tensor, Tensor]:
    """Mean (N, 3, H, W) and std () of x at ``t_next``, fp32, given ``x`` at ``t`` and predicted x0.

    std = 0 marks a deterministic step, which carries no log-density: eta = 0, kind ``ode``, and
    the last step (t_next = 0) of every kind. ``t`` may be a 0-d CPU tensor. Raises ValueError for
    an unknown kind, an eta out of range or times out of order.
    """
    on_x0, on_x, std = coefficients(kind, float(t), float(t_next), eta)
    mean = x0.float() * on_x0 + x.float() * on_x
    # filled there: a number that is copied to a GPU waits until the GPU has done all before it
    return mean, torch.full((), std, dtype=torch.float32, device=x.device)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sampler, from time ``t`` to ``t_next``."""

    kind: str
    t: float
    t_next: float
    eta: float
    stochastic: bool  # whether it draws, and so enters the loss

    @property
    def std(self) -> float:
        return coefficients(self.kind, self.t, self.t_next, self.eta)[2]

    def move(self, x: Tensor, x0: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the next state from ``x`` with ``x0`` predicted."""
        return step(self.kind, x, x0, self.t, self.t_next, self.eta)


def coefficients(kind: str, t: float, t_next: float, eta: float) -> tuple[float, float, float]:
    """(a, b, std) of the step with mean = a x0 + b x, in double precision.

    ode       Euler's step of the flow; DDIM at eta 0 is the same step.
    ddim      eta in [0, 1] of the posterior's std (Song et al. 2021, arXiv 2010.02502, eq. 16).
    cps       std = t' sin(eta pi / 2), total noise stays t' (Wang & Yu 2025, arXiv 2509.05952).
    flow_sde  Euler-Maruyama with noise level eta (Liu et al. 2025, arXiv 2505.05470).
    """
    _check(kind, t, t_next, eta)
    if kind == "ode" or eta == 0 or t_next == 0:
        return 1 - t_next / t, t_next / t, 0.0
    if kind == "flow_sde":
        return _flow_sde(t, t_next, eta)
    std = _ddim_std(t, t_next, eta) if kind == "ddim" else t_next * math.sin(eta * math.pi / 2)
    kept = math.sqrt(max(t_next**2 - std**2, 0.0))  # of the predicted noise x1
    return (1 - t_next) - kept * (1 - t) / t, kept / t, std


def _ddim_std(t: float, t_next: float, eta: float) -> float:
    return eta * t_next * math.sqrt(1 - ((1 - t) * t_next / ((1 - t_next) * t)) ** 2)


def _flow_sde(t: float, t_next: float, eta: float) -> tuple[float, float, float]:
    """x + [v + sigma^2 / 2t (x + (1 - t) v)] dt with v = (x - x0) / t, std = sigma sqrt(-dt).

    sigma^2 = eta^2 t / (1 - t) is infinite at t = 1: that step takes the next time's 1 - t.
    """
    dt = t_next - t
    variance = eta**2 * t / (1 - (t if t < 1 else t_next))
    drift = dt * variance / (2 * t)
    return -dt / t - drift * (1 - t) / t, 1 + dt / t + drift / t, math.sqrt(-dt * variance)


def _check(kind: str, t: float, t_next: float, eta: float) -> None:
    if kind not in KINDS:
        raise ValueError(f"unknown transition {kind!r}: one of {', '.join(KINDS)}")
    if not 0 <= t_next < t <= 1:
        raise ValueError(f"times must fall within [0, 1], got {t} -> {t_next}")
    if eta < 0 or (eta > 1 and kind in ("ddim", "cps")):
        raise ValueError(f"eta {eta} is out of range for {kind}: [0, 1], flow_sde any eta >= 0")


def noisy_steps(kind: str, eta: float, grid: Tensor) -> Tensor:
    """(T,) bool: which steps between the times ``grid`` (T+1,) draw Gaussian noise."""
    times = grid.tolist()
    noisy = [coefficients(kind, t, t_next, eta)[2] > 0 for t, t_next in pairwise(times)]
    return torch.tensor(noisy)


def within(window: tuple[int, int] | None, n_steps: int) -> Tensor:
    """(n_steps,) bool: the steps of ``window`` (start, length), None for all of them.

    Steps outside are deterministic (MixGRPO, arXiv 2507.21802). Raises ValueError where the window
    does not fit.
    """
    start, length = (0, n_steps) if window is None else window
    if start < 0 or length < 1 or start + length > n_steps:
        raise ValueError(f"window ({start}, {length}) does not fit {n_steps} steps")
    index = torch.arange(n_steps)
    return (index >= start) & (index < start + length)

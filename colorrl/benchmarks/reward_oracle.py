"""The terms of the paired reward, less LPIPS, as one would first write them: a loop over regions.

NumPy in fp64 on scikit-image's regionprops, an image at a time: what the batched terms must equal,
and what their speed is measured against. Nothing but the benchmark and tests calls it.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000
from skimage.measure import regionprops

from colorrl.color import srgb_to_lab
from colorrl.types import SketchBatch

Array = NDArray[np.float64]
WHITE = np.array([100.0, 0.0, 0.0])


def values(image: torch.Tensor, sketch: SketchBatch, term: dict[str, Any]) -> dict[str, Array]:
    """name -> (N,) of ``image`` (N, 3, H, W) at the final tolerances.

    ``term`` has the reward terms by name, for their constants.
    """
    rows = [_one(image[n], sketch.select([n]), term) for n in range(len(sketch))]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _one(image: torch.Tensor, sketch: SketchBatch, term: dict[str, Any]) -> dict[str, float]:
    lab = _lab(image)
    assert sketch.flats is not None
    label = sketch.regions.label[0].numpy()
    flats = _lab(sketch.flats[0])
    weight = sketch.regions.weight[0].double().numpy()
    background = int(sketch.regions.background[0])
    center, truth, pixels = {}, {}, {}
    for region in regionprops(label, intensity_image=lab):
        y, x = region.coords.T
        pixels[region.label] = lab[y, x]
        center[region.label] = _median(lab[y, x])
        truth[region.label] = flats[y, x].mean(0)
    counted = [r for r in center if weight[r] > 0]
    return {
        "consistency": _consistency(pixels, center, weight, counted, term["consistency"]),
        "palette": _palette(center, weight, counted, sketch, term["palette"]),
        "leakage": _leakage(lab, label, center, sketch, term["leakage"]),
        "coverage": _coverage(pixels, truth, weight, counted, term["coverage"]),
        "background": _background(pixels, truth, background, term["background"]),
        "accuracy": _accuracy(center, truth, weight, counted, term["accuracy"]),
        "grouping": _grouping(center, truth, weight, counted, term["grouping"]),
        "adjacency": _adjacency(center, truth, sketch, term["adjacency"]),
    }


def _lab(image: torch.Tensor) -> Array:
    return srgb_to_lab(image.double(), 0).movedim(0, -1).numpy()


def _away(a: Array, b: Array) -> Array:
    return np.sqrt(((a - b) ** 2).sum(-1) + 1e-12)


def _median(pixel: Array) -> Array:
    center = pixel.mean(0)
    for _ in range(3):
        pull = 1 / np.maximum(_away(pixel, center), 1.0)
        center = (pull[:, None] * pixel).sum(0) / pull.sum()
    return np.asarray(center)


def _consistency(pixels: Any, center: Any, weight: Array, counted: list[int], t: Any) -> float:
    total = 0.0
    for r in counted:
        away = np.maximum(_away(pixels[r], center[r]) - t.slack, 0)
        total += weight[r] * np.exp(-away / t.tau_end).mean()
    return total


def _palette(center: Any, weight: Array, counted: list[int], sketch: SketchBatch, t: Any) -> float:
    assert sketch.palette is not None and sketch.share is not None
    known = srgb_to_lab(sketch.palette[0].double(), 1).numpy()[sketch.share[0].numpy() > 0]
    known, total = np.concatenate([known, WHITE[None]]), 0.0
    for r in counted:
        away = min(float(deltaE_ciede2000(center[r], entry)) for entry in known)
        total += weight[r] * np.exp(-max(0.0, away - t.slack) / t.tau)
    return total


def _leakage(lab: Array, label: Any, center: Any, sketch: SketchBatch, t: Any) -> float:
    across, leaks, band = sketch.regions.across[0].numpy(), 0, 0
    for region in regionprops(label):
        y, x = region.coords.T
        for other in np.unique(across[y, x]):
            if other == 0:
                continue
            beside = lab[y, x][across[y, x] == other]
            far = _away(beside, center[other]) + t.margin
            leaks += int((far < _away(beside, center[region.label])).sum())
            band += len(beside)
    return 1 - leaks / max(1, band)


def _coverage(pixels: Any, truth: Any, weight: Array, counted: list[int], t: Any) -> float:
    total = whole = 0.0
    for r in counted:
        if _away(truth[r], WHITE) >= t.painted:
            mark = (_away(pixels[r], WHITE) - t.blank) / (t.painted - t.blank)
            total += weight[r] * np.clip(mark, 0, 1).mean()
            whole += weight[r]
    return total / whole if whole else 1.0


def _background(pixels: Any, truth: Any, background: int, t: Any) -> float:
    if background == 0:
        return 1.0
    wrong = _away(pixels[background], truth[background])
    right = float(np.exp(-np.maximum(wrong - t.slack, 0) / t.tau).mean())
    return right / (right + t.wrong_counts * (1 - right))


def _accuracy(center: Any, truth: Any, weight: Array, counted: list[int], t: Any) -> float:
    right = {r: np.exp(-float(deltaE_ciede2000(center[r], truth[r])) / t.tau) for r in counted}
    own = {r: sum(weight[j] for j in counted if _away(truth[r], truth[j]) < t.tolerance)
           for r in counted}  # fmt: skip
    even = {r: weight[r] / own[r] for r in counted}
    n_colors = sum(even.values())
    return float(
        sum(
            ((1 - t.balance) * weight[r] + t.balance * even[r] / n_colors) * right[r]
            for r in counted
        )
    )


def _agree(a: Array, b: Array, true_a: Array, true_b: Array, t: Any) -> tuple[bool, float]:
    """Whether two true colours are one, and how well the colours agree with that."""
    away = float(deltaE_ciede2000(a, b))
    if _away(true_a, true_b) < t.tolerance:
        return True, max(0.0, 1 - away / t.full)
    true = float(deltaE_ciede2000(true_a, true_b))
    return False, min(1.0, away / min(max(true, 1e-3), t.full))


def _grouping(center: Any, truth: Any, weight: Array, counted: list[int], t: Any) -> float:
    won, of = {True: 0.0, False: 0.0}, {True: 0.0, False: 0.0}
    for i, j in itertools.combinations(counted, 2):
        alike, agree = _agree(center[i], center[j], truth[i], truth[j], t)
        won[alike] += weight[i] * weight[j] * agree
        of[alike] += weight[i] * weight[j]
    halves = [won[alike] / of[alike] for alike in won if of[alike] > 0]
    return sum(halves) / len(halves) if halves else 1.0


def _adjacency(center: Any, truth: Any, sketch: SketchBatch, t: Any) -> float:
    won = length = 0.0
    edges, contact = sketch.regions.edges[0].tolist(), sketch.regions.contact[0].tolist()
    for (i, j), touch in zip(edges, contact, strict=True):
        if touch > 0:
            won += touch * _agree(center[i], center[j], truth[i], truth[j], t)[1]
            length += touch
    return won / length if length else 1.0

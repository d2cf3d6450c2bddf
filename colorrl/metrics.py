"""What judges a colouring, and the rewards: no formula here is one a reward optimises.

Rewards read soft distances at geometric medians; metrics count hard thresholds on CIEDE2000 at
plain medians. ``gold/`` metrics look at the rendered colours pixel by pixel. Regions other than
the background count; where a sketch has none, accuracies, de00_mean and recall are nan.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.lpips_net import Net, distance, features, load_lpips
from colorrl.types import SketchBatch

SAME = 5.0  # CIEDE2000 within which two colours count as one
MANY = 3  # colours of a sketch that no guess of one colour gets right
_CHUNK = 16  # images per LPIPS call: VGG's activations at 64 px then stay near the cache
_WHITE = (100.0, 0.0, 0.0)  # paper in Lab

Array = NDArray[np.float64]


def evaluate_images(image: Tensor, sketch: SketchBatch) -> dict[str, Tensor]:
    """name -> (N,) float32 on the CPU, of flats ``image`` (N, 3, H, W), sRGB in [0, 1].

    region_accuracy: weight of regions within SAME of their true colour; region_accuracy_area: the
    same by area; region_accuracy_area_3plus: that of sketches whose painted regions have three true
    colours or more, nan for others; de00_mean, de00_p95: over regions by weight; leak: share of
    the band beside the lines that has its neighbour's colour; palette_precision: share of
    pixels that have a palette colour or paper; palette_recall: share of the palette, by its target
    shares, that is there;
    grouping_ari: adjusted Rand index of regions grouped by colour; gold/pixel_share: share of
    painted pixels within SAME of the rendered fill; lpips_alex, gold/lpips_vgg: with the line art,
    against the rendered fill. Raises ValueError if the sketches lack flats, fill or a palette.
    """
    for name in ("flats", "fill", "palette", "share"):
        if getattr(sketch, name) is None:
            raise ValueError(f"sketch '{sketch.id[0]}' has no {name}: evaluate on paired data")
    with torch.no_grad():
        rows = [_measure(image[i : i + 1], sketch.select([i])) for i in range(len(sketch))]
        table = {k: torch.tensor([row[k] for row in rows], dtype=torch.float32) for k in rows[0]}
        table["lpips_alex"] = _lpips("alex", image, sketch)
        table["gold/lpips_vgg"] = _lpips("vgg", image, sketch)
    return table


def n_colors(sketch: SketchBatch) -> int:
    """Colours of one sketch's true flats: exact ones, of painted regions but the background."""
    assert sketch.flats is not None and sketch.alpha is not None
    counts = (sketch.regions.weight[0] > 0)[sketch.regions.label[0]] & (sketch.alpha[0, 0] > 0)
    return len(sketch.flats[0][:, counts].unique(dim=1).T)


def region_lab(image: Tensor, sketch: SketchBatch) -> Tensor:
    """(N, R+1, 3) Lab on the CPU: the median colour of each region of ``image`` (N, 3, H, W)."""
    lab = srgb_to_lab(image.cpu().float(), 1).movedim(1, -1)
    pairs = zip(lab, sketch.regions.label.cpu(), strict=True)
    return torch.stack([_medians(*pair, sketch.regions.n_slots) for pair in pairs])


def pixel_share(image: Tensor, sketch: SketchBatch) -> Tensor:
    """(N,) gold/pixel_share of flats ``image`` (N, 3, H, W) on the CPU, without the rest."""
    assert sketch.fill is not None
    lab, fill, label = srgb_to_lab(image.cpu().float(), 1), sketch.fill.cpu(), sketch.regions.label
    rows = zip(lab.movedim(1, -1), fill, label.cpu(), strict=True)
    return torch.tensor([_pixel_share(*row) for row in rows])


def bootstrap_ci(
    differences: Tensor, n: int = 10_000, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of paired ``differences`` (N,), from ``n`` draws.

    Source: Efron and Tibshirani 1993, chapter 13. Raises ValueError where N is 0.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.size == 0:
        raise ValueError("no differences to resample: evaluate at least one sketch")
    draws = np.random.default_rng(seed).integers(0, values.size, (n, values.size))
    low, high = np.quantile(values[draws].mean(1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean_over_seeds(values: Tensor, n: int = 10_000, seed: int = 0) -> tuple[float, float, float]:
    """Mean of ``values`` (seeds, sketches) and its 95 % percentile bootstrap interval.

    Both are resampled, each seed with all its sketches and each sketch with all its seeds, so that
    the interval holds for other seeds as well (Owen 2007, pigeonhole bootstrap). NaN does not
    count; all three are NaN where nothing does.
    """
    known = ~np.isnan(np.asarray(values, dtype=np.float64))
    filled = np.nan_to_num(np.asarray(values, dtype=np.float64))
    if not known.any():
        return math.nan, math.nan, math.nan
    draw = np.random.default_rng(seed)
    of_seeds, of_sketches = (draw.multinomial(size, [1 / size] * size, n) for size in known.shape)
    total = ((of_seeds @ filled) * of_sketches).sum(1)
    count = ((of_seeds @ known) * of_sketches).sum(1)
    low, high = np.quantile(total[count > 0] / count[count > 0], [0.025, 0.975])
    return float(filled.sum() / known.sum()), float(low), float(high)


def _measure(image: Tensor, sketch: SketchBatch) -> dict[str, float]:
    """The metrics but LPIPS of one image."""
    lab = srgb_to_lab(image[0].cpu().float(), 0).movedim(0, -1)  # (H, W, 3)
    one = sketch.to("cpu")
    assert one.flats is not None and one.fill is not None
    label, across = one.regions.label[0], one.regions.across[0]
    weight = one.regions.weight[0].double().numpy()
    ours = _medians(lab, label, len(weight))
    true = _medians(srgb_to_lab(one.flats[0], 0).movedim(0, -1), label, len(weight))
    inside = (one.regions.weight[0] > 0)[label]  # (H, W) pixels of regions that count
    errors = _region_errors(delta_e_2000(ours, true).numpy(), weight, one.regions.area[0].numpy())
    return {
        **errors,
        "region_accuracy_area_3plus": (
            errors["region_accuracy_area"] if n_colors(one) >= MANY else math.nan
        ),
        "leak": _leak(lab, ours, label, across),
        **_palette_use(lab[inside], one),
        "grouping_ari": grouping(ours[weight > 0], true[weight > 0]),
        "gold/pixel_share": _pixel_share(lab, one.fill[0], label),
    }


def _medians(lab: Tensor, label: Tensor, n_slots: int) -> Tensor:
    """(R+1, 3) median per channel of ``lab`` (H, W, 3) over each label; 0 where empty."""
    medians = lab.new_zeros(n_slots, 3)
    for region in label.unique().tolist():
        medians[region] = lab[label == region].quantile(0.5, dim=0)
    return medians


def _region_errors(error: Array, weight: Array, area: Array) -> dict[str, float]:
    """Shares of right regions, mean and 95th percentile of ``error`` (R+1,) in CIEDE2000."""
    with np.errstate(invalid="ignore"):
        share, by_area = (w / w.sum() for w in (weight, np.where(weight > 0, area, 0.0)))
    order = np.argsort(error)
    # the first to reach 95 % of the weight
    place = min(int(np.searchsorted(np.cumsum(share[order]), 0.95 - 1e-9)), len(order) - 1)
    return {
        "region_accuracy": float(share @ (error <= SAME)),
        "region_accuracy_area": float(by_area @ (error <= SAME)),
        "de00_mean": float(share @ error),
        "de00_p95": float(error[order[place]]),
    }


def _leak(lab: Tensor, ours: Tensor, label: Tensor, across: Tensor) -> float:
    """Share of band pixels that have the colour across the line and not their own region's."""
    band = (label > 0) & (across > 0)
    pixel = lab[band]  # (B, 3)
    foreign = delta_e_2000(pixel, ours[across[band]]) <= SAME
    own = delta_e_2000(pixel, ours[label[band]]) <= SAME
    return (foreign & ~own).float().sum().item() / max(1, len(pixel))


def _palette_use(pixel: Tensor, sketch: SketchBatch) -> dict[str, float]:
    """Precision and recall of the palette over ``pixel`` (P, 3) Lab."""
    assert sketch.palette is not None and sketch.share is not None
    share = sketch.share[0][sketch.share[0] > 0]
    entries = srgb_to_lab(sketch.palette[0][sketch.share[0] > 0], 1)
    entries = torch.cat([entries, entries.new_tensor([_WHITE])])  # (K + 1, 3), paper last
    # Alike pixels are judged once: flats hold few colours.
    colors, count = pixel.unique(dim=0, return_counts=True)
    away, nearest = delta_e_2000(colors.unsqueeze(1), entries).min(1)
    hit = count * (away <= SAME)
    painted = torch.zeros(len(entries)).index_add(0, nearest, hit.float())[:-1]
    recall = (share * (painted / painted.sum().clamp(min=1) / share).clamp(max=1)).sum()
    return {
        "palette_precision": (hit.sum() / max(1, len(pixel))).item(),
        "palette_recall": (recall / share.sum()).item(),
    }


def grouping(ours: Tensor, true: Tensor) -> float:
    """Adjusted Rand index of regions (R, 3) Lab, grouped by colours linked within SAME."""
    groups = [_linked(lab) for lab in (ours, true)]
    table = np.zeros((groups[0].max(initial=0) + 1, groups[1].max(initial=0) + 1))
    np.add.at(table, tuple(groups), 1)
    return adjusted_rand(table)


def _linked(lab: Tensor) -> NDArray[np.int32]:
    near = delta_e_2000(lab.unsqueeze(1), lab.unsqueeze(0)) <= SAME
    return connected_components(near.numpy(), directed=False)[1]


def adjusted_rand(table: Array) -> float:
    """Adjusted Rand index of a contingency ``table``; 1 where both groupings are trivial.

    Source: Hubert and Arabie, "Comparing partitions", 1985.
    """
    together, rows, columns, whole = (
        (x * (x - 1) / 2).sum() for x in (table, table.sum(1), table.sum(0), table.sum())
    )
    chance = rows * columns / whole if whole else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == chance else float((together - chance) / (most - chance))


def _pixel_share(lab: Tensor, fill: Tensor, label: Tensor) -> float:
    painted = (fill[3] > 0.5) & (label > 0)
    true = srgb_to_lab(fill[:3], 0).movedim(0, -1)[painted]
    right = (delta_e_2000(lab[painted], true) <= SAME).float().sum().item()
    return right / max(1, len(true))


@functools.cache
def _model(net: Net, device: str) -> torch.nn.Module:
    return load_lpips(net, device)


def _lpips(net: Net, image: Tensor, sketch: SketchBatch) -> Tensor:
    """(N,) LPIPS to the rendered fill over white paper, both times the line art."""
    assert sketch.fill is not None
    model = _model(net, str(image.device))
    alpha = sketch.fill[:, 3:]
    target = (sketch.fill[:, :3] * alpha + 1 - alpha) * sketch.line
    pairs = zip((image.float() * sketch.line).split(_CHUNK), target.split(_CHUNK), strict=True)
    return torch.cat(
        [distance(model, features(model, a), features(model, b)) for a, b in pairs]
    ).cpu()

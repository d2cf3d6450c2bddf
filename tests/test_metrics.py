"""Metrics against values worked out by hand, and against what they must tell apart."""

import ast
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from colorrl import metrics
from colorrl.metrics import adjusted_rand, bootstrap_ci, evaluate_images, mean_over_seeds

BEST_LOW = ("de00_mean", "de00_p95", "leak", "lpips_alex", "gold/lpips_vgg")


@pytest.fixture(scope="module")
def truth(drawings):
    return evaluate_images(drawings.flats, drawings)


def test_truth_is_perfect(truth):
    for name, value in truth.items():
        best = 0.0 if name in BEST_LOW else 1.0
        # 2e-3: CIEDE2000's own floor in fp32.
        value = value[~value.isnan()]
        torch.testing.assert_close(value, torch.full_like(value, best), atol=2e-3, rtol=0, msg=name)


def test_many_colors_are_counted_on_what_is_painted(drawings, truth):
    """The fish has orange, blue, and an eye that is paper; the others three colours or more."""
    assert truth["region_accuracy_area_3plus"].isnan().tolist() == [
        False,
        False,
        True,
        False,
        False,
    ]
    counts = [metrics.n_colors(drawings.select([n])) for n in range(5)]
    assert counts == [4, 4, 2, 3, 4]
    # the background's colour does not count, a painted eye does
    eye = drawings.alpha.clone()
    eye[2, 0] = 1
    assert metrics.n_colors(replace(drawings, alpha=eye).select([2])) == 3


def test_a_white_page(drawings):
    white = evaluate_images(torch.ones_like(drawings.flats), drawings)
    eye = (drawings.regions.weight[2] * _is_paper(drawings)[2]).sum()
    expected = torch.tensor([0.0, 0.0, eye, 0.0, 0.0])  # the fish's eye is paper
    torch.testing.assert_close(white["region_accuracy"], expected)
    for name in ("gold/pixel_share", "palette_recall", "leak"):
        assert (white[name] == 0).all(), name
    assert (white["palette_precision"] == 1).all()  # paper is no wrong colour, only none
    assert (white["gold/lpips_vgg"] > 0.1).all() and (white["de00_mean"] > 15).all()


def _is_paper(drawings) -> torch.Tensor:
    """(N, R+1) 1 for regions whose flats are white."""
    paper = torch.zeros_like(drawings.regions.area)
    for n in range(len(drawings)):
        for r in drawings.regions.label[n].unique().tolist():
            inside = drawings.regions.label[n] == r
            paper[n, r] = (drawings.flats[n][:, inside] == 1).all()
    return paper


def test_one_wrong_region_costs_its_weight_and_its_area(drawings, truth):
    image, regions = drawings.flats.clone(), drawings.regions
    image[1, :, regions.region_index[1] == 3] = torch.tensor([0.1, 0.9, 0.1]).view(3, 1)
    after = evaluate_images(image, drawings)
    weight = regions.weight[1, 3]
    area = regions.area[1, 3] / regions.area[1, regions.weight[1] > 0].sum()
    torch.testing.assert_close(after["region_accuracy"][1], 1 - weight)
    torch.testing.assert_close(after["region_accuracy_area"][1], 1 - area)
    torch.testing.assert_close(after["gold/pixel_share"][1], 1 - area)  # all of it is painted
    assert after["region_accuracy"][0] == truth["region_accuracy"][0]
    # The one wrong region holds over 5 % of the weight, so the 95th percentile is its error.
    assert weight > 0.05
    torch.testing.assert_close(
        after["de00_mean"][1], weight * after["de00_p95"][1], atol=0.01, rtol=0
    )


def test_fewer_wrong_pixels_than_half_do_not_turn_a_region(drawings):
    image = drawings.flats.clone()
    image[:, :, ::3] = 0.0
    after = evaluate_images(image, drawings)
    torch.testing.assert_close(after["region_accuracy"], torch.ones(5))
    assert ((after["gold/pixel_share"] - 2 / 3).abs() < 0.06).all()


def test_bleeding_is_a_leak_and_darkening_is_not(drawings):
    regions = drawings.regions
    shifted = drawings.flats.roll(3, dims=3)
    leak = evaluate_images(shifted, drawings)["leak"]
    assert (leak > 0.05).all()
    band = ((regions.across > 0) & (torch.arange(64) % 2 == 0)).unsqueeze(1)
    dark = torch.where(band, drawings.flats * 0.2, drawings.flats)
    assert (evaluate_images(dark, drawings)["leak"] < 0.02).all()


def test_grouping_ignores_which_colors(drawings):
    turned = evaluate_images(drawings.flats.roll(1, dims=1), drawings)
    assert (turned["grouping_ari"] > 0.99).all() and (turned["region_accuracy"] < 0.5).all()
    gray = evaluate_images(torch.full_like(drawings.flats, 0.5), drawings)
    # All in one group against several: no better than chance.
    torch.testing.assert_close(gray["grouping_ari"], torch.zeros(5), atol=1e-6, rtol=0)


def test_palette_use(drawings):
    # The flag in blue alone: every pixel of the palette, one colour of three is there.
    flag = drawings.select([3])
    blue = torch.where(flag.alpha > 0, flag.flats[:, :, 20:21, 20:21], flag.flats)
    row = evaluate_images(blue, flag)
    assert row["palette_precision"].item() == 1
    assert row["palette_recall"].item() == pytest.approx(flag.share[0].max().item(), abs=0.01)
    half = blue.clone()
    half[:, :, :, ::2] = torch.tensor([0.0, 1.0, 0.0]).view(1, 3, 1, 1)
    assert evaluate_images(half, flag)["palette_precision"].item() == pytest.approx(0.5, abs=0.05)


def test_gold_looks_at_the_rendered_fill_not_at_the_flats(drawings):
    shaded = drawings.fill.clone()
    shaded[:, :3, 32:] *= 0.5
    row = evaluate_images(drawings.flats, replace(drawings, fill=shaded))
    assert (row["region_accuracy"] == 1).all() and (row["gold/pixel_share"] < 0.8).all()


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [  # figures of scikit-learn's adjusted_rand_score
        ([0, 0, 1, 1], [1, 1, 0, 0], 1.0),
        ([0, 0, 1, 2], [0, 0, 1, 1], 0.5714286),
        ([0, 0, 0, 0], [0, 1, 2, 3], 0.0),
        ([0, 0, 1, 1], [0, 1, 0, 1], -0.5),
        ([0], [0], 1.0),
        ([], [], 1.0),
    ],
)
def test_adjusted_rand(a, b, expected):
    table = np.zeros((4, 4))
    np.add.at(table, (np.array(a, int), np.array(b, int)), 1)
    assert adjusted_rand(table) == pytest.approx(expected)


def test_bootstrap_interval_is_that_of_the_mean():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0)) + 0.5
    low, high = bootstrap_ci(values, seed=1)
    half = 1.96 * values.std().item() / 20
    assert low == pytest.approx(values.mean().item() - half, abs=0.01)
    assert high == pytest.approx(values.mean().item() + half, abs=0.01)
    assert (low, high) == bootstrap_ci(values, seed=1) != bootstrap_ci(values, seed=2)
    with pytest.raises(ValueError, match="at least one"):
        bootstrap_ci(torch.zeros(0))


def test_unpaired_sketches_are_refused_by_name(drawings):
    with pytest.raises(ValueError, match=r"얼굴.*flats"):
        evaluate_images(drawings.flats, replace(drawings, flats=None))


def test_metrics_share_no_code_with_rewards():
    tree = ast.parse(Path(metrics.__file__).read_text(encoding="utf-8"))
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    ours = {m for m in imported if m and m.startswith("colorrl")}
    assert ours == {"colorrl.color", "colorrl.lpips_net", "colorrl.types"}


def test_an_interval_over_seeds_holds_for_other_seeds():
    """Sketches that agree and seeds that do not: as wide as the seeds lie apart.

    By hand where each seed has one value: the means of 3 draws of (0, 1, 2) from all 27. Seen to
    fail with sketches alone resampled, which gives no width.
    """
    values = torch.tensor([0.0, 1.0, 2.0])[:, None].expand(-1, 40)
    mean, low, high = mean_over_seeds(values)
    assert (mean, low, high) == pytest.approx((1.0, 0.0, 2.0))  # (0, 0, 0) has a chance of 1/27
    one = torch.randn(1, 200, generator=torch.Generator().manual_seed(0))
    assert mean_over_seeds(one)[1:] == pytest.approx(bootstrap_ci(one[0]), abs=0.01)  # Monte Carlo
    holes = values.clone()
    holes[:, 1] = torch.nan
    assert mean_over_seeds(holes)[0] == 1
    assert all(math.isnan(x) for x in mean_over_seeds(holes[:, 1:2]))

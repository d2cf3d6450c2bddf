"""The cheats are what they say, and no shipped reward lets one near the truth."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import OmegaConf

from colorrl.config import conf_dir
from colorrl.metrics import evaluate_images
from colorrl.rewards.cheats import CHEATS, blurred, flats_of, shaded
from colorrl.rewards.combine import verified
from colorrl.rewards.reading import paint
from colorrl.rewards.total import TotalReward

PRESETS = sorted(path.stem for path in Path(conf_dir(), "reward").glob("*.yaml"))
MARGIN = 0.2


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="module", params=PRESETS)
def reward(request) -> TotalReward:
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        cfg = compose("audit", overrides=[f"reward={request.param}"])
    return instantiate(OmegaConf.to_container(cfg.reward, resolve=True))


def _total(reward, image, sketch) -> torch.Tensor:
    with torch.no_grad():
        return reward.score(image, sketch, torch.arange(len(sketch))).total


def test_the_shipped_presets_are_among_those_walked():
    assert {"paired", "reference_free"} <= set(PRESETS)


def test_truth_beats_every_cheat_by_the_margin(reward, drawings):
    truth = _total(reward, drawings.flats, drawings)
    assert truth.min() > 0.99
    for name, cheat in CHEATS.items():
        total = _total(reward, cheat(drawings, _generator()), drawings)
        assert (truth - total).mean() >= MARGIN, name
        assert (truth - total).min() > 0.05, name


def _falls(reward, sketch, images) -> None:
    """The mean total falls strictly from image to image, starting at the truth.

    Where a colouring passes or fails it may stay as it is, once it is below the truth.
    """
    totals = [_total(reward, image, sketch).mean().item() for image in [flats_of(sketch), *images]]
    step = 0.0 if _is_verified(reward) else 0.005
    assert all(a >= b + step for a, b in pairwise(totals)) and totals[0] > totals[1], totals


def _is_verified(reward) -> bool:
    return getattr(reward.combine.split, "func", None) is verified


def test_monotone_under_graded_corruption(reward, drawings):
    flats, owner = drawings.flats, drawings.regions.owner
    drawn = torch.randn(flats.shape, generator=_generator())
    _falls(reward, drawings, [blurred(flats, s) for s in (0.6, 1.2, 2.4, 4.8)])
    _falls(reward, drawings, [flats.roll(k, dims=3) for k in (1, 2, 4, 8)])
    _falls(reward, drawings, [(flats + s / 255 * drawn).clamp(0, 1) for s in (4, 8, 16, 32)])
    _falls(reward, drawings, [flats + s * (1 - flats) for s in (0.1, 0.2, 0.4)])
    wrong = [
        torch.where(((owner > 1) & (owner < 2 + k)).unsqueeze(1), 1 - flats, flats)
        for k in (1, 2, 3, 4)
    ]
    _falls(reward, drawings, wrong)


def test_paint_under_the_line_changes_nothing(reward, drawings):
    inked = torch.where(drawings.regions.label.unsqueeze(1) == 0, 0.3, drawings.flats)
    # 1e-3: specks of paper too small for a region count as ink, and LPIPS sees them.
    torch.testing.assert_close(
        _total(reward, inked, drawings),
        _total(reward, drawings.flats, drawings),
        atol=1e-3,
        rtol=0,
    )


def test_size_hardly_matters(reward, drawings, large_drawings):
    # Region-wise cheats only: blur and shift are no longer the same picture at another size.
    for name in ("one_colour", "background_and_one_colour", "permuted_colours", "grey", "muddy"):
        small, large = (
            _total(reward, CHEATS[name](s, _generator()), s).mean()
            for s in (drawings, large_drawings)
        )
        # 0.04: lines are as wide in pixels at both sizes, so areas and LPIPS move a little.
        assert abs(small - large) < 0.04, name


@pytest.mark.parametrize("name", CHEATS)
def test_every_cheat_is_a_picture_and_wrong(drawings, name):
    image = CHEATS[name](drawings, _generator())
    assert image.shape == drawings.flats.shape
    assert image.min() >= 0 and image.max() <= 1 and image.isfinite().all()
    assert torch.equal(image, CHEATS[name](drawings, _generator()))
    inside = (drawings.regions.weight > 0).float().unsqueeze(2)
    counted = paint(inside, drawings.regions.label) > 0
    assert ((image - drawings.flats).abs() * counted).amax((1, 2, 3)).min() > 0.05


def test_permuted_colours_keep_groups_and_background(drawings):
    image = CHEATS["permuted_colours"](drawings, _generator())
    torch.testing.assert_close(image[:, :, 0, 0], drawings.flats[:, :, 0, 0])
    row = evaluate_images(image, drawings)
    assert (row["grouping_ari"] > 0.99).all() and (row["region_accuracy"] == 0).all()


def test_map_colouring_never_gives_neighbours_one_colour(drawings):
    image = CHEATS["map_colouring"](drawings, _generator())
    owner = drawings.regions.owner
    beside = owner[:, :, 1:] != owner[:, :, :-1]
    step = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().sum(1)
    assert (step[beside] > 0.05).all()


def test_shaded_is_the_rendered_fill_on_paper(drawings):
    torch.testing.assert_close(shaded(drawings, _generator()), drawings.flats)

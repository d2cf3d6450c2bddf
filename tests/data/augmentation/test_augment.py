from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from colorrl.config.schema.data import AugmentConfig
from colorrl.data.augmentation import augment as module
from colorrl.data.augmentation.augment import (
    augment,
    distract,
    recolor,
    rotate_hue,
    scatter,
)
from colorrl.data.augmentation.view import mirror, random_affine, warp
from colorrl.data.colors import paint, palette_of, region_colors
from colorrl.data.palette_condition import condition_palette
from tests.conftest import SCENES, draw

NEVER = AugmentConfig(
    flip=0.0,
    warp=0.0,
    max_turn=20.0,
    max_scale=0.15,
    max_shift=0.06,
    permute=0.0,
    rotate_hue=0.0,
    invent=0.0,
    scatter=0.0,
    drop_palette=0.0,
    forget_shares=0.0,
    rendering=0.0,
    hint=0.0,
    max_hints=4,
    distract=0.0,
    max_distractors=3,
    zoom=0.0,
    max_zoom=2.0,
    width=0.0,
    max_width=0.6,
    gaps=0.0,
    max_gaps=5,
    max_gap=0.06,
    tone=0.0,
    palest_ink=0.35,
    paper=0.0,
    max_shade=0.25,
    max_grain=0.06,
)
ALWAYS = replace(NEVER, flip=1.0, warp=1.0, permute=1.0, rotate_hue=1.0, invent=1.0, distract=1.0)
ASKED = replace(ALWAYS, hint=1.0, rendering=1.0)


def equal(a, b):
    """Whether two records hold the same numbers."""
    for f in fields(a):
        x, y = getattr(a, f.name), getattr(b, f.name)
        if isinstance(x, torch.Tensor):
            if not torch.equal(x, y):
                return False
        elif f.name == "regions":
            if not equal(x, y):
                return False
        elif x != y:
            return False
    return True


def palette_set(palette):
    return {tuple(round(v, 4) for v in row) for row in palette.tolist()}


@pytest.fixture(params=SCENES)
def sketch(request):
    return draw(request.param, 64)


def test_the_seed_decides(sketch):
    assert equal(augment(sketch, 7, ASKED), augment(sketch, 7, ASKED))
    assert not equal(augment(sketch, 7, ALWAYS), augment(sketch, 8, ALWAYS))


def test_the_sketch_given_is_left_alone(sketch):
    before = replace(sketch, flats=sketch.flats.clone(), fill=sketch.fill.clone())
    augment(sketch, 7, ALWAYS)
    assert equal(sketch, before)


@pytest.mark.parametrize("seed", range(5))
def test_hints_are_dots_of_the_true_color(sketch, seed):
    """After every other change: seen to fail with hints taken before the recolouring."""
    out = augment(sketch, seed, ASKED)
    assert out.rendering and out.hint is not None
    given = out.hint[3] > 0
    assert torch.equal(out.hint[:3, given], out.flats[:, given])
    assert (out.hint[:, ~given] == 0).all()
    regions = out.regions.label[given].unique().tolist()
    assert 1 <= len(regions) <= ASKED.max_hints
    assert out.regions.background not in regions and 0 not in regions
    # a disc of radius round(64 / 40) covers at most 3 x 3 pixels and their four neighbours
    assert given.sum() <= len(regions) * 21


def test_never_is_only_another_order(sketch):
    out = augment(sketch, 3, NEVER)
    assert torch.equal(out.flats, sketch.flats) and torch.equal(out.line, sketch.line)
    assert palette_set(out.palette) == palette_set(sketch.palette)


def test_mirror_is_its_own_inverse_and_keeps_the_graph(sketch):
    out = mirror(sketch)
    assert torch.equal(out.line, sketch.line.flip(2))
    for name in ("label", "region_index", "across"):
        assert torch.equal(getattr(out.regions, name), getattr(sketch.regions, name).flip(1))
    assert torch.equal(out.regions.edges, sketch.regions.edges)
    assert equal(mirror(out), sketch)


def test_recoloring_keeps_palette_flats_and_fill_together(sketch):
    other = torch.rand(sketch.palette.shape, generator=torch.Generator().manual_seed(0))
    out = recolor(sketch, other)
    color = region_colors(torch.cat([out.flats, out.alpha]), out.regions)
    palette, share = palette_of(color[:, :3], color[:, 3] > 0, out.regions)
    assert palette_set(palette) == palette_set(other)
    # equal shares may come in another order
    torch.testing.assert_close(share, sketch.share.sort(descending=True).values)
    # what was rendered in the region's colour is rendered in its new one
    exact = (sketch.fill[:3] == sketch.flats).all(0) & (sketch.alpha[0] > 0)
    torch.testing.assert_close(out.fill[:3, exact], out.flats[:, exact], rtol=0, atol=1e-6)
    assert torch.equal(out.fill[3], sketch.fill[3])


def test_unpainted_regions_stay_white(sketch):
    out = augment(sketch, 5, ALWAYS)
    bare = (out.alpha[0] == 0).expand(3, -1, -1)
    assert (out.flats[bare] == 1).all()


def test_hue_rotation_keeps_grays_and_luma():
    grays = torch.linspace(0, 1, 5)[:, None].expand(-1, 3)
    torch.testing.assert_close(rotate_hue(grays, 1.3), grays)
    muted = 0.4 + 0.2 * torch.rand(50, 3, generator=torch.Generator().manual_seed(0))
    turned = rotate_hue(muted, 2.0)
    luma = torch.tensor(module.LUMA)
    torch.testing.assert_close(turned @ luma, muted @ luma)
    assert (turned - muted).abs().max() > 0.05
    torch.testing.assert_close(rotate_hue(muted, 6.283185307), muted, atol=1e-5, rtol=0)


def test_scattered_regions_say_nothing_about_their_color(sketch):
    """Every painted region takes every entry in turn, two of one colour part; paper stays paper."""
    before = region_colors(torch.cat([sketch.flats, sketch.alpha]), sketch.regions)
    painted, allowed = before[:, 3] > 0, palette_set(sketch.palette)
    seen = {r: set() for r in painted.nonzero().flatten().tolist()}
    for seed in range(60):
        dealt = scatter(sketch, torch.Generator().manual_seed(seed))
        after = region_colors(torch.cat([dealt.flats, dealt.alpha]), dealt.regions)
        assert torch.equal(after[:, 3], before[:, 3]) and (after[1:][~painted[1:], :3] == 1).all()
        for region in seen:
            seen[region] |= palette_set(after[region : region + 1, :3])
        palette, share = palette_of(after[:, :3], painted, dealt.regions)
        assert torch.equal(dealt.palette, palette) and torch.equal(dealt.share, share)
    assert all(colors == allowed for colors in seen.values())
    assert equal(augment(sketch, 7, NEVER), augment(sketch, 7, replace(NEVER, scatter=1e-9)))


def test_distractors_and_dropping(sketch):
    out = distract(sketch, 2, torch.Generator().manual_seed(0))
    assert len(out.palette) == len(sketch.palette) + 2
    assert palette_set(sketch.palette) < palette_set(out.palette)
    assert (out.share > 0).all() and out.share.sum().item() == pytest.approx(1)
    full = replace(sketch, palette=torch.rand(16, 3), share=torch.full((16,), 1 / 16))
    assert distract(full, 3, torch.Generator()) is full
    assert not condition_palette(sketch, "none").share.any()


def test_a_sketch_without_colors_is_refused(sketch):
    with pytest.raises(ValueError, match=f"{sketch.id} has no palette"):
        augment(replace(sketch, palette=None), 0, NEVER)
    with pytest.raises(ValueError, match=f"{sketch.id} has no flats"):
        augment(replace(sketch, flats=None), 0, ALWAYS)


def test_a_warp_by_nothing_changes_nothing(sketch):
    out = warp(sketch, np.eye(2, 3))
    for name in ("line", "flats", "alpha", "fill"):
        assert torch.allclose(getattr(out, name), getattr(sketch, name), atol=1e-6)
    assert torch.equal(out.regions.label, sketch.regions.label)


def test_a_warped_drawing_stays_flat_and_keeps_its_colors(sketch):
    draws = torch.Generator().manual_seed(5)
    out = warp(sketch, random_affine(64, NEVER, draws))
    assert not torch.equal(out.line, sketch.line)
    # region-exact: painting each region with one of its pixels gives the flats back
    color = region_colors(torch.cat([out.flats, out.alpha]), out.regions)
    assert torch.equal(paint(color, out.regions.region_index)[:3], out.flats)
    assert palette_set(color[1:, :3]) <= palette_set(
        region_colors(sketch.flats, sketch.regions)[1:]
    )


def test_a_region_that_leaves_the_page_is_dropped(sketch):
    away = np.array([[1.0, 0.0, 60.0], [0.0, 1.0, 0.0]])
    out = warp(sketch, away)
    assert out.regions.n_regions < sketch.regions.n_regions
    assert set(out.regions.label.unique().tolist()) <= set(range(out.regions.n_regions + 1))


def test_forgotten_shares_are_equal_and_add_up(sketch):
    out = condition_palette(sketch, "colors")
    assert torch.allclose(out.share, torch.full_like(out.share, 1 / len(out.palette)))
    assert not condition_palette(condition_palette(sketch, "none"), "colors").share.any()


def test_what_full_and_flip_do_is_not_touched_by_the_chances_of_lines(sketch):
    """The shipped generator's card names them: with those chances 0, `recast` is all there is."""
    plain = replace(ALWAYS, max_distractors=2)
    assert equal(augment(sketch, 7, plain), module.recast(sketch, 7, plain))
    lined = replace(plain, width=1.0, gaps=1.0, tone=1.0, paper=1.0)
    out = augment(sketch, 7, lined)
    assert equal(
        replace(out, line=sketch.line), replace(augment(sketch, 7, plain), line=sketch.line)
    )


@pytest.mark.parametrize("condition", ["colors", "none"])
def test_a_new_palette_keeps_the_palette_condition(sketch, condition):
    """A part, or regions dealt again, have shares of their own, which must not come out."""
    known = condition_palette(sketch, condition)
    for change in ({"zoom": 1.0, "max_zoom": 2.0}, {"scatter": 1.0}):
        out = augment(known, 3, replace(NEVER, **change), condition)
        assert len(out.share.unique()) == 1 and bool(out.share.any()) == (condition == "colors")

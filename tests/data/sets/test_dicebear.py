import importlib.metadata
from collections import defaultdict

import numpy as np
import pytest

from colorrl.data.preparation.pair import make_pair
from colorrl.data.sets import dicebear, dicebear_flat
from colorrl.data.sets.dicebear import MIN_VARIANTS, DiceBear
from colorrl.data.sets.dicebear_character import Character, definition, random_colors
from tests.data.svgs import prepare_config

STYLES = ("adventurer", "micah", "open-peeps")
SET = DiceBear(dict.fromkeys(STYLES, 40), dict.fromkeys(STYLES, 20))
SEED, HELD_OUT = 0, 0.12  # conf/data/dicebear.yaml, conf/prepare.yaml


@pytest.fixture(scope="module")
def drawings():
    return SET.drawings(SEED, HELD_OUT)


def test_every_character_is_another_and_named_by_what_it_shows(drawings):
    assert len({d.id for d in drawings}) == len(drawings) == 3 * (40 + 2 * 20)
    for drawing in drawings[::7]:
        assert Character.of(drawing.id).id == drawing.id
    assert SET.drawings(SEED, HELD_OUT) == drawings != SET.drawings(1, HELD_OUT)


def test_held_out_drawings_show_variants_that_train_does_not(drawings):
    shown = defaultdict(set)
    for drawing in drawings:
        character = Character.of(drawing.id)
        for component, variant in character.variants.items():
            shown[character.style, component, drawing.split].add(variant)
    held_out = [c for s in STYLES for c, spec in definition(s)["components"].items()
                if len(spec["variants"]) >= MIN_VARIANTS for c in [(s, c)]]  # fmt: skip
    assert ("adventurer", "hair") in held_out and ("adventurer", "details") not in held_out
    for style, component in held_out:
        found = [shown[style, component, split] for split in ("train", "val", "test")]
        assert not (found[0] & found[1] or found[0] & found[2] or found[1] & found[2])


@pytest.mark.parametrize("style", STYLES)
def test_lines_are_ink_and_colors_are_the_styles_own(drawings, style):
    """Most drawings pass the screen, and their flats have only colours that the style names."""
    mine = [d.id for d in drawings if d.id.startswith(style)][::8]
    pairs = [make_pair(SET.render(i, 128), 128, prepare_config(None).screen) for i in mine]
    kept = [(i, p) for i, p in zip(mine, pairs, strict=True) if not isinstance(p, str)]
    assert len(kept) >= 0.7 * len(mine)
    for name, pair in kept:
        allowed = set(SET.render(name, 32).paints)
        assert {tuple(bytes.fromhex(c[1:])) for c in pair.palette} <= allowed
        assert (pair.layers["line"] < 128).mean() > 0.01


def test_recoloring_is_exact(drawings):
    """Away from the lines, a picture has the colours drawn for it and no others."""
    name = next(d.id for d in drawings if d.id.startswith("adventurer"))
    rendering = SET.render(name, 256)
    colors = random_colors(Character.of(name))
    skin = np.array([int(colors["skin"][i : i + 2], 16) for i in (1, 3, 5)])
    seen = rendering.fill[rendering.fill[..., 3] == 255][:, :3]
    share = (seen == skin).all(1).mean()
    assert share > 0.2  # the face; rendered premultiplied, opaque colours come back exactly


def test_colors_that_should_differ_do(drawings):
    for drawing in [d for d in drawings if d.id.startswith("micah")]:
        colors = random_colors(Character.of(drawing.id))
        assert colors["shirt"] not in (colors["base"], colors["hair"])


def test_styles_without_outlines_are_cut_by_named_colors():
    """Skin and hair of near colours stay apart. Seen to fail with parts found in true colours."""
    flat = DiceBear({"big-ears": 12}, {}, outlined=False)
    near = Character.of(flat.drawings(SEED, HELD_OUT)[0].id)
    painted = dicebear_flat.render_flat(near, 256)
    colors = random_colors(near)
    named = {tuple(bytes.fromhex(colors[name][1:])) for name in ("skin", "hair")}
    assert len(named) == 2 and named <= set(painted.paints)
    marks = {tuple(bytes.fromhex(mark[1:])) for mark in dicebear_flat.MARKS}
    assert not marks & {tuple(c) for c in np.unique(painted.fill[..., :3].reshape(-1, 3), axis=0)}
    assert "lines" in flat.origin and "lines" not in SET.origin


def test_what_is_missing_is_named(monkeypatch):
    with pytest.raises(ValueError, match="no DiceBear style adventure; there are adventurer"):
        DiceBear({"adventure": 3}, {}).drawings(0, 0.1)
    with pytest.raises(
        ValueError, match=r"style micah makes \d+ different drawings of val, not 2000"
    ):
        DiceBear({}, {"micah": 2000}).drawings(0, 0.1)
    monkeypatch.setitem(dicebear.PACKAGES, "dicebear-core", "1.0")
    with pytest.raises(FileNotFoundError, match=r"is not version 1\.0; .*dicebear-core==1\.0"):
        SET.drawings(0, 0.1)

    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    with pytest.raises(FileNotFoundError, match="dicebear-core is missing"):
        SET.drawings(0, 0.1)

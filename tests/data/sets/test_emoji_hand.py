from dataclasses import replace

import numpy as np
import pytest

from colorrl.data.pairs import load_split
from colorrl.data.preparation.manifest import read_manifest
from colorrl.data.preparation.pair import make_pair
from colorrl.data.sets import emoji_hand
from colorrl.scripts.prepare import prepare
from tests.data.hands import CHARS, HAND, ICONS, NAMES, SHADED, hand, rooms, write_package
from tests.data.svgs import prepare_config

SPLITS = {"1F3E0": "train", "1F3E1": "val", "1F431": "train"}


def dealt(source):
    return {d.id: d.split for d in source.drawings(0, 0.1)}


def test_a_drawing_goes_where_its_first_code_point_goes(tmp_path):
    """Once each, by code point. Seen to fail with the split dealt by hash."""
    found = dealt(hand(tmp_path))
    assert {k: found[k] for k in SPLITS} == SPLITS
    assert len(found) == len(ICONS)


def test_flags_and_skin_tones_are_left_out(tmp_path):
    """Seen to fail without each check."""
    source = hand(tmp_path)
    assert source.render("1F1E6-1F1E7", 64) == "flag"
    assert source.render("270B-1F3FB", 64) == "skin tone"


def test_a_name_without_code_point_is_refused(tmp_path):
    """Another package's names and Unicode's give code points. Seen to fail with `names` unread."""
    own = {"home": ICONS["house"], "octopus": ICONS["garden"], "우리집": ICONS["cat-face"]}
    source = hand(tmp_path, names=NAMES)
    write_package(tmp_path / "꾸러미", NAMES, ICONS, CHARS)
    write_package(tmp_path / "꾸러미", HAND, own, {})
    emoji_hand._icons.cache_clear()
    assert sorted(dealt(source)) == ["1F3E0", "1F419", "우리집"]
    assert source.render("우리집", 64) == "no code point"


def test_test_hands_split_by_what_other_hands_train_on(tmp_path):
    """All of it in test. Seen to fail with SEEN and UNSEEN exchanged."""
    unseen, seen = dealt(hand(tmp_path, use="test_unseen")), dealt(hand(tmp_path, use="test_seen"))
    assert unseen == {"1F3E1": "test"}
    assert set(seen.values()) == {"test"} and "1F3E0" in seen and "1F3E1" not in seen


@pytest.mark.parametrize("name", ["emojione", "fxemoji", "emojione-v1"])
def test_a_test_hand_cannot_be_prepared_to_train_on(tmp_path, name):
    """Seen to fail without the check in `drawings`."""
    with pytest.raises(ValueError, match="is a test hand"):
        hand(tmp_path, package=f"@iconify-json/{name}@1.2.3").drawings(0, 0.1)
    with pytest.raises(ValueError, match=r"use=both: one of train"):
        hand(tmp_path, use="both").drawings(0, 0.1)


def test_a_prepared_test_hand_gives_no_training_pool(tmp_path):
    """Seen to fail with use=train."""
    cfg = prepare_config(tmp_path / "세트", size=64)
    home = prepare(hand(tmp_path, use="test_unseen"), cfg)
    assert [e.id for e in read_manifest(home / "manifest.jsonl")] == ["1F3E1"]
    root = tmp_path / "세트" / cfg.data.name
    assert len(load_split(root, "test", 64)) == 1
    with pytest.raises(ValueError, match="is a set to test on: it has no train"):
        load_split(root, "train", 64)


def test_the_same_drawing_comes_out_twice_and_others_differ(tmp_path):
    """Seen to fail with an unseeded generator."""
    source = hand(tmp_path)
    once, again = (source.render("1F3E0", 64) for _ in range(2))
    assert (once.line == again.line).all() and (once.fill == again.fill).all()
    assert (once.line != source.render("1F431", 64).line).any()


def test_flats_are_flat_and_the_fill_is_the_shaded_edition(tmp_path):
    """Seen to fail with flats read from the shaded edition."""
    gradient = (
        '<defs><linearGradient id="g"><stop stop-color="#f00"/><stop offset="1" stop-color="#400"/>'
        "</linearGradient></defs>"
    )
    source = hand(tmp_path, shaded=SHADED)
    shaded = {"house": gradient + rooms("url(#g)", "#fcea2b")}
    write_package(tmp_path / "꾸러미", SHADED, shaded, {})
    pair = make_pair(source.render("1F3E0", 64), 64, prepare_config(tmp_path).screen)
    assert pair.palette == ["#d22f27", "#fcea2b"] and pair.n_regions == 3
    row = pair.layers["fill"][32, 8:28, 0].astype(int)
    assert row[0] - row[-1] > 80 and (np.diff(row) <= 0).all()


def test_what_decides_the_pixels_is_in_the_origin(tmp_path):
    """Seen to fail without the digest of what is held out."""
    source = hand(tmp_path)
    before = source.origin
    emptied = tmp_path / "other" / "manifest.jsonl"
    emptied.parent.mkdir()
    emptied.write_text("", encoding="utf-8")
    assert replace(source, held_out=emptied).origin != before
    assert replace(source, use="test_seen").origin != before

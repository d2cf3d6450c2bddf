"""The manifest that is shipped: what it claims of the split holds on the drawings themselves."""

import collections

import numpy as np
import pytest

from colorrl.config.schema.data import ScreenConfig
from colorrl.data.preparation.demo import SKETCHES
from colorrl.data.preparation.manifest import pixel_sha, read_manifest
from colorrl.data.preparation.pair import make_pair
from colorrl.data.preparation.render import read_layers, render_line
from colorrl.data.preparation.twins import likeness, signature
from colorrl.data.sets.openmoji import OpenMoji, is_skin_variant, svg_folder

LIKENESS = 0.7  # conf/prepare.yaml
SCREEN = ScreenConfig(0.03, 0.005, 0.05, 0.4, 0.55)


@pytest.fixture(scope="module")
def entries(repository):
    return read_manifest(repository / "datasets" / "openmoji" / "manifest.jsonl")


def signatures(entries):
    source = svg_folder()
    lines = (render_line(read_layers(source / f"{e.id}.svg"), 128) for e in entries)
    return np.stack([signature(line) for line in lines])


def closest(entries):
    """The largest likeness of a held-out line art to one of train, each way round."""
    held_out = signatures([e for e in entries if e.split != "train"])
    train = signatures([e for e in entries if e.split == "train"])
    return max(likeness(held_out, train).max(), likeness(train, held_out).max())


def test_every_base_and_every_cluster_lies_in_one_split(entries):
    for key in ("base", "cluster"):
        homes = collections.defaultdict(set)
        for entry in entries:
            homes[getattr(entry, key)].add(entry.split)
        assert all(len(found) == 1 for found in homes.values())
    count = collections.Counter(e.split for e in {e.base: e for e in entries}.values())
    assert min(count["val"], count["test"]) > 0.08 * sum(count.values())


def test_the_demo_is_held_out(entries):
    split = {e.id: e.split for e in entries}
    assert {split[name] for name, _ in SKETCHES.values()} == {"test"}


def test_no_held_out_drawing_has_a_twin_in_train(entries):
    """Without skin tones, every other drawing of train; all of them: the slow test."""
    plain = [e for e in entries if not is_skin_variant(e.id)]
    held_out = [e for e in plain if e.split != "train"]
    train = [e for e in plain if e.split == "train"][::2]
    assert closest(held_out + train) <= LIKENESS


@pytest.mark.slow
def test_no_held_out_drawing_has_a_twin_in_train_in_any_tone(entries):
    assert closest(entries) <= LIKENESS


def test_the_manifest_is_what_this_code_renders(entries):
    for entry in entries[:: len(entries) // 12]:
        pair = make_pair(OpenMoji().render(entry.id, 128), 128, SCREEN)
        assert not isinstance(pair, str), pair
        assert {k: pixel_sha(v) for k, v in pair.layers.items()} == entry.sha256, entry.id
        assert (pair.palette, pair.n_regions) == (entry.palette, entry.n_regions)

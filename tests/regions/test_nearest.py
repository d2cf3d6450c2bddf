"""Window by window gives what the whole page gives, bit for bit."""

import hashlib

import cv2
import numpy as np
import pytest

from colorrl.benchmarks.comics import comic
from colorrl.regions import nearest as module
from colorrl.regions.graph import nearest_label
from colorrl.regions.nearest import beyond, distance_to, filled, nearest, nearest_at
from colorrl.regions.segment import VERSION, segment


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    """Many tiles to a page of a few hundred pixels. Without the halo every test here fails."""
    monkeypatch.setattr(module, "TILE", 24)
    monkeypatch.setattr(module, "HALO", 6)


def labels(seed, share):
    """(H, W) blobs of labels, a ``share`` of the page, far apart where it is small."""
    random = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(random.random((150, 110)).astype(np.float32), (0, 0), 3)
    known = noise > np.quantile(noise, 1 - share)
    return np.where(known, random.integers(1, 9, noise.shape), 0).astype(np.int32)


@pytest.mark.parametrize("share", [0.002, 0.1, 0.5, 0.97])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_label_and_distance_as_the_whole_page(seed, share):
    label = labels(seed, share)
    whole, distance = nearest_label(label)
    assert np.array_equal(filled(label), whole)
    at = np.random.default_rng(seed).integers(0, (150, 110), (40, 2))
    found, away = nearest_at(label, at)
    assert np.array_equal(found, whole[tuple(at.T)]) and np.array_equal(away, distance[tuple(at.T)])
    for reach in (2.5, 10.5, 200):
        wanted = label == 0
        there = np.zeros(label.shape, bool)
        for some in nearest(label, wanted, reach):
            there[some.at] = True
            assert np.array_equal(some.label, whole[some.at])
        assert np.array_equal(there, wanted & (distance <= reach))
        assert np.array_equal(beyond(label > 0, reach), distance_to(label > 0) > reach)


def test_a_page_without_labels_has_none():
    empty = np.zeros((60, 50), np.int32)
    assert not filled(empty).any() and not list(nearest(empty, empty == 0, 5.0))
    label, distance = nearest_at(empty, np.array([[3, 4]]))
    assert label == [0] and np.isinf(distance).all()
    assert beyond(empty > 0, 5.0).all()


def test_regions_have_not_changed_since_this_version():
    """Prepared sets hold regions: whoever changes these digests raises VERSION."""
    digest = hashlib.sha256()
    for seed, shape in enumerate([(128, 128), (300, 200), (512, 512), (512, 384)]):
        regions = segment(comic(seed, *shape).line)
        for image in (regions.label, regions.region_index):  # what is kept; the rest is made again
            digest.update(image.numpy().tobytes())
    assert (VERSION, digest.hexdigest()[:16]) == (3, "5e30a43a6ca673bb")

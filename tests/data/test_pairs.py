import os

import pytest
import torch

from colorrl.data.pairs import load_split, one_per_base, prepared_folder, read_pair
from colorrl.data.preparation.manifest import SPLITS, Entry, read_manifest
from colorrl.data.sets.openmoji import variant_of


def entry(name, split="val"):
    return Entry(name, name.split("-")[0], name, split, 3, [], {}, variant_of(name))


def test_one_per_base_prefers_no_skin_tone():
    entries = [entry(n) for n in ("B-1F3FB", "B-1F3FC", "A-1F3FB-200D-X", "A-200D-X", "A-200D-Y")]
    assert [e.id for e in one_per_base(entries)] == ["A-200D-X", "B-1F3FB"]


def test_splits_hold_their_entries(small_set):
    entries = read_manifest(small_set / "manifest.jsonl")
    for split in {e.split for e in entries}:
        there = [e for e in entries if e.split == split]
        expected = there if split == "train" else one_per_base(there)
        assert [s.id for s in load_split(small_set, split, 64)] == [e.id for e in expected]
    assert len({e.split for e in entries}) > 1


def test_records_at_another_size(small_set):
    folder = prepared_folder(small_set, 32)
    found = {e.id: e for e in read_manifest(folder / "manifest.jsonl")}
    sketch = read_pair(folder, found["1F3E0"], 32)
    assert sketch.line.shape == (1, 32, 32) and sketch.fill.shape == (4, 32, 32)
    assert sketch.regions.n_regions == 3
    assert {tuple(c) for c in (sketch.palette * 255).round().int().tolist()} == {
        (210, 47, 39),
        (252, 234, 43),
    }
    # 20 x 24 and 16 x 24 units, less the outline of 2 units
    assert sketch.share.tolist() == pytest.approx([18 / 32, 14 / 32], abs=0.06)
    assert (sketch.flats[:, sketch.alpha[0] == 0] == 1).all()
    for region in range(1, 4):
        assert len(sketch.flats[:, sketch.regions.region_index == region].unique(dim=1).T) == 1
    inside = (sketch.regions.label > 1) & (sketch.fill[3] > 0.999)
    torch.testing.assert_close(sketch.fill[:3, inside], sketch.flats[:, inside], rtol=0, atol=0.01)


def test_the_edge_of_a_fill_keeps_its_color(small_set):
    """A pixel that paint half covers has the paint's colour at half alpha, not a darker one."""
    folder = prepared_folder(small_set, 32)
    found = {e.id: e for e in read_manifest(folder / "manifest.jsonl")}
    fill = read_pair(folder, found["1F36A"], 32).fill
    edge = (fill[3] > 0.2) & (fill[3] < 0.8)
    assert edge.sum() > 20
    brown = torch.tensor([0xA5, 0x79, 0x39])[:, None] / 255
    torch.testing.assert_close(fill[:3, edge], brown.expand(-1, int(edge.sum())), rtol=0, atol=0.02)


def test_lines_are_averaged_over_area(small_set):
    folder = prepared_folder(small_set, 128)
    found = read_manifest(folder / "manifest.jsonl")[0]
    full, half = read_pair(folder, found, 128), read_pair(folder, found, 64)
    mean = torch.nn.functional.avg_pool2d(full.line[None], 2)[0]
    torch.testing.assert_close(half.line, mean, rtol=0, atol=1e-5)


def test_the_second_load_reads_one_file(small_set):
    first = load_split(small_set, "train", 48)
    folder = prepared_folder(small_set, 48)
    hidden = folder / "line"
    hidden.rename(folder / "gone")
    try:
        again = load_split(small_set, "train", 48)
    finally:
        (folder / "gone").rename(hidden)
    assert all(torch.equal(a.flats, b.flats) for a, b in zip(first, again, strict=True))


def test_a_changed_manifest_is_read_again(small_set):
    folder = prepared_folder(small_set, 40)
    load_split(small_set, "train", 40)
    manifest = folder / "manifest.jsonl"
    text = manifest.read_text(encoding="utf-8")
    try:
        manifest.write_text(text.replace('"train"', '"val"'), encoding="utf-8")
        with pytest.raises(ValueError, match="no sketches"):
            load_split(small_set, "train", 40)
    finally:
        manifest.write_text(text, encoding="utf-8")


def test_wrong_questions(small_set, tmp_path):
    with pytest.raises(ValueError, match=f"one of {', '.join(SPLITS)}"):
        load_split(small_set, "valid", 64)
    with pytest.raises(ValueError, match=r"prepared at 128 px, not at 256.*data\.size=256"):
        load_split(small_set, "val", 256)
    with pytest.raises(FileNotFoundError, match="colorrl prepare data=x"):
        load_split(tmp_path / "x", "val", 64)
    assert os.listdir(tmp_path) == []

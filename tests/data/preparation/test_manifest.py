import dataclasses
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from colorrl.data.preparation.manifest import (
    LAYERS,
    Entry,
    is_whole,
    layer_path,
    manifest_text,
    pixel_sha,
    read_layer,
    read_manifest,
    write_layers,
    write_text,
)

ENTRY = Entry("가-1F3FB", "가", "가", "val", 3, ["#ff0000"], {"line": "00"})


def test_round_trip(tmp_path):
    path = tmp_path / "manifest.jsonl"
    entries = [ENTRY, dataclasses.replace(ENTRY, id="b", palette=[])]
    write_text(path, manifest_text(entries))
    assert read_manifest(path) == entries


def test_unchanged_text_is_not_written_again(tmp_path):
    path = tmp_path / "m"
    write_text(path, "same")
    before = path.stat()
    write_text(path, "same")
    assert path.stat().st_mtime_ns == before.st_mtime_ns and path.stat().st_ino == before.st_ino
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


def test_a_line_from_before_variants_were_declared_is_read(tmp_path):
    """Seen to fail with null for what a line leaves out."""
    path = tmp_path / "manifest.jsonl"
    path.write_text(manifest_text([ENTRY]).replace(', "variant_of": null', ""), encoding="utf-8")
    assert read_manifest(path) == [replace(ENTRY, variant_of="가")]
    path.write_text(manifest_text([ENTRY]), encoding="utf-8")
    assert read_manifest(path) == [ENTRY]


def test_bad_lines_and_absent_files_are_named(tmp_path):
    path = tmp_path / "manifest.jsonl"
    with pytest.raises(FileNotFoundError, match="colorrl prepare"):
        read_manifest(path)
    path.write_text(manifest_text([ENTRY]) + '{"id": 1}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"manifest\.jsonl:2"):
        read_manifest(path)


def test_a_hash_sees_pixels_shape_and_type():
    a = np.arange(6, dtype=np.uint8)
    shas = {pixel_sha(x) for x in (a, a.reshape(2, 3), a.reshape(3, 2), a.astype(np.uint16))}
    assert len(shas) == 4
    assert pixel_sha(a.reshape(2, 3).T) == pixel_sha(a.reshape(2, 3).T.copy())


def test_damage_is_noticed(tmp_path):
    for layer in LAYERS:
        (tmp_path / layer).mkdir()
    rng = np.random.default_rng(0)
    layers = {
        "line": rng.integers(0, 256, (5, 4)).astype(np.uint8),
        "flats": rng.integers(0, 256, (5, 4, 4)).astype(np.uint8),
        "fill": rng.integers(0, 256, (5, 4, 4)).astype(np.uint8),
        "regions": rng.integers(0, 60000, (5, 4)).astype(np.uint16),
    }
    entry = dataclasses.replace(ENTRY, sha256=write_layers(tmp_path, ENTRY.id, layers))
    assert is_whole(tmp_path, entry)
    assert (read_layer(tmp_path, "regions", entry.id) == layers["regions"]).all()
    Image.fromarray(255 - layers["line"]).save(layer_path(tmp_path, "line", entry.id))
    assert not is_whole(tmp_path, entry)
    Image.fromarray(layers["line"]).save(layer_path(tmp_path, "line", entry.id))
    path = layer_path(tmp_path, "flats", entry.id)
    path.write_bytes(path.read_bytes()[:60])
    assert not is_whole(tmp_path, entry)
    path.unlink()
    assert not is_whole(tmp_path, entry)
    with pytest.raises(ValueError, match=r"flats.*colorrl prepare"):
        read_layer(tmp_path, "flats", entry.id)

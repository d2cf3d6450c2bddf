from dataclasses import fields, replace

import pytest
import torch

from colorrl.data.packed import read_packed, write_packed
from tests.conftest import SCENES, draw


def test_sketches_come_back_as_they_were(tmp_path):
    sketches = [draw(name, 64) for name in SCENES]
    path = tmp_path / "val.pt"
    write_packed(path, sketches)
    back = read_packed(path)
    assert [s.id for s in back] == list(SCENES)
    for a, b in zip(sketches, back, strict=True):
        for f in fields(a.regions):
            x, y = getattr(a.regions, f.name), getattr(b.regions, f.name)
            assert torch.equal(x, y) and x.dtype == y.dtype if torch.is_tensor(x) else x == y, (
                f.name
            )
        for name in ("flats", "alpha", "palette", "share"):
            assert torch.equal(getattr(a, name), getattr(b, name)), name
        for name in ("line", "fill"):
            # half of one 255th: pictures are kept as bytes
            torch.testing.assert_close(
                getattr(a, name), getattr(b, name), rtol=0, atol=0.5001 / 255
            )
    assert [p.name for p in tmp_path.iterdir()] == ["val.pt"]


def test_line_art_alone_comes_back_alone(tmp_path):
    bare = dict.fromkeys(("flats", "alpha", "fill", "palette", "share"))
    sketches = [replace(draw(name, 32), **bare) for name in SCENES]
    write_packed(tmp_path / "a.pt", sketches)
    for a, b in zip(sketches, read_packed(tmp_path / "a.pt"), strict=True):
        assert torch.equal(a.regions.region_index, b.regions.region_index) and a.id == b.id
        assert all(getattr(b, name) is None for name in bare)


def test_what_cannot_be_packed(tmp_path):
    with pytest.raises(ValueError, match="no sketches"):
        write_packed(tmp_path / "a.pt", [])
    fish = draw("fish", 32)
    with pytest.raises(ValueError, match="with and without flats"):
        write_packed(tmp_path / "a.pt", [fish, replace(fish, flats=None)])
    assert not list(tmp_path.iterdir())

from dataclasses import fields

import torch
from regions.drawings import draw

from colorrl.regions import cache
from colorrl.regions.cache import cached_segment


def test_the_second_reading_computes_nothing(tmp_path, monkeypatch):
    line = draw("face", 128, 3)
    first = cached_segment(line, tmp_path / "영역")
    monkeypatch.setattr(cache, "segment", None)
    second = cached_segment(line, tmp_path / "영역")
    for field in fields(first):
        a, b = getattr(first, field.name), getattr(second, field.name)
        assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def test_settings_and_lines_have_files_of_their_own(tmp_path):
    cached_segment(draw("face", 64, 2), tmp_path)
    cached_segment(draw("face", 64, 2), tmp_path, ball=0)
    cached_segment(draw("nested", 64, 2), tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert not list(tmp_path.glob("*.part"))

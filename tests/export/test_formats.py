from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from colorrl.config.schema.pages import FileKind
from colorrl.export import formats
from colorrl.export.painted import Alternative
from colorrl.palette import read_palette
from tests.export.pages import HAIR, SKIN, UNUSED, painted


def test_every_kind_that_can_be_asked_for_is_written(tmp_path):
    assert list(get_args(FileKind)) == list(formats.FORMATS)
    shown = painted(tmp_path)
    page = replace(
        shown,
        by=("paper", "paper", "sheet", "hint", "generator", "generator"),
        match=shown.confidence,
        alternatives=(Alternative(shown.colors, shown.confidence, 0.5),),
    )
    stem = tmp_path / "1화" / "ep(1)"
    formats.write(formats.FORMATS, stem, page)
    files = formats.files_of(formats.FORMATS, stem)
    assert sorted(stem.parent.iterdir()) == sorted(files) and len(files) == 13
    first = {file: file.read_bytes() for file in files}
    formats.write(formats.FORMATS, stem, page)
    assert {file: file.read_bytes() for file in files} == first


def test_a_writer_that_fails_leaves_no_file(tmp_path):
    page = replace(painted(tmp_path), region_index=np.ones((1, 30_001), np.int32))
    with pytest.raises(ValueError, match="PSD has sides"):
        formats.write(["psd"], tmp_path / "out" / "a", page)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("suffix", [".gpl", ".aco", ".ase"])
def test_palettes_read_back(tmp_path, suffix):
    page = painted(tmp_path)
    formats.write(["palettes"], tmp_path / "쪽", page)
    palette = read_palette(tmp_path / f"쪽{suffix}")
    colors = [tuple(round(255 * c) for c in color) for color in palette.colors.tolist()]
    assert colors == [SKIN, UNUSED, HAIR, (0, 200, 80)]
    assert palette.names[:3] == ("피부", "unused", "髪・かみ")
    bare = replace(page, bare=np.ones(6, np.bool_), palette=())
    formats.write(["palettes"], tmp_path / "빈", bare)

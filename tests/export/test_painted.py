from dataclasses import replace

import numpy as np
import pytest

from colorrl.export.composite import composite
from colorrl.export.painted import (
    as_bytes,
    flats,
    region_areas,
    region_boxes,
    rgba,
    swatches,
)
from tests.export.pages import HAIR, SKIN, UNUSED, painted


def test_flats_are_one_color_a_region_and_see_through_on_paper(tmp_path):
    flat = flats(painted(tmp_path))
    assert flat.shape == (24, 40, 4)
    assert flat[0, 0].tolist() == [255, 255, 255, 0]
    assert (flat[4:20, 4:12] == [*SKIN, 255]).all() and (flat[4:20, 12:20] == [*HAIR, 255]).all()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_composite_is_the_line_multiplied_over_the_flats(tmp_path, channels):
    page = painted(tmp_path, channels)
    line = rgba(page.line) / 255
    over = line[..., :3] * line[..., 3:] + 1 - line[..., 3:]
    flat = flats(page)
    expected = np.where(flat[..., 3:] > 0, flat[..., :3], 255) * over
    # rounded once, with a little room for the floats here
    assert abs(composite(page) - expected).max() <= 0.501


def test_the_palette_fixes_the_order_and_the_rest_follows_by_area(tmp_path):
    page = painted(tmp_path)
    index, listed = swatches(page)
    assert [swatch.color for swatch in listed] == [SKIN, UNUSED, HAIR, (0, 200, 80)]
    assert index.tolist() == [-1, -1, 0, 2, 3, 0]
    _, by_area = swatches(replace(page, palette=()))
    assert [swatch.color for swatch in by_area] == [SKIN, HAIR, (0, 200, 80)]


def test_areas_and_boxes(tmp_path):
    page = painted(tmp_path)
    assert region_areas(page)[1:].tolist() == [24 * 40 - 128 * 2 - 48 * 2, 128, 128, 48, 48]
    assert region_boxes(page)[2] == (4, 4, 12, 20)
    empty = replace(
        page, region_index=page.region_index * 0, colors=page.colors[:1], bare=page.bare[:1]
    )
    assert region_boxes(empty) == [(0, 0, 0, 0)] and swatches(empty)[0].tolist() == [-1]


def test_bytes_are_rounded_and_clipped():
    assert as_bytes(np.array([-0.1, 0.4999, 1.2], np.float32)).tolist() == [0, 127, 255]

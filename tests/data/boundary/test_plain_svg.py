import xml.etree.ElementTree as ET

import numpy as np
import pytest

from colorrl.data.boundary.plain_svg import document, plain
from colorrl.data.preparation.render import rasterize

BOX = (0, 0, 10, 10)


def colors(body, size=64):
    """The distinct RGBA of ``body`` made plain."""
    pixels = rasterize(plain(document(body, BOX)), size)
    return {tuple(c) for c in np.unique(pixels.reshape(-1, 4), axis=0).tolist()}


def test_a_gradient_becomes_its_mean_stop_color():
    """By link too. Seen to fail with the first stop's colour, and without following links."""
    stops = '<stop stop-color="#f00"/><stop offset="1" stop-color="#00f"/>'
    defs = f'<linearGradient id="a">{stops}</linearGradient>'
    linked = '<radialGradient id="b" xlink:href="#a"/>'
    for name in "ab":
        body = f'<defs>{defs}{linked}</defs><circle cx="5" cy="5" r="4" fill="url(#{name})"/>'
        assert colors(body) == {(0, 0, 0, 0), (128, 0, 128, 255)}


@pytest.mark.parametrize(
    "shape",
    [
        '<rect width="9" height="9" fill="#fff" opacity=".5"/>',
        '<rect width="9" height="9" fill="#fff" fill-opacity=".5"/>',
        '<rect width="9" height="9" fill="rgba(255, 255, 255, .5)"/>',
        '<g opacity=".5"><rect width="9" height="9" fill="#fff"/></g>',
        '<linearGradient id="t"><stop stop-color="#fff" stop-opacity=".5"/></linearGradient>'
        '<rect width="9" height="9" fill="url(#t)"/>',
    ],
)
def test_translucent_shapes_are_left_out(shape):
    """Seen to fail with each opacity unread."""
    assert colors(f'<rect width="9" height="9" fill="#00f"/>{shape}') == {
        (0, 0, 0, 0),
        (0, 0, 255, 255),
    }


def test_no_pixel_is_mixed():
    """Seen to fail with antialiasing on: it mixes red, blue and the page."""
    body = '<circle cx="5" cy="5" r="4" fill="#f00"/><circle cx="6" cy="5" r="3" fill="#00f"/>'
    assert colors(body) == {(0, 0, 0, 0), (255, 0, 0, 255), (0, 0, 255, 255)}


def test_a_page_is_square_with_a_margin():
    """Within 2 px: pages are rounded to whole units. Seen to fail without the margin."""
    wide = rasterize(document('<rect width="20" height="10" fill="#f00"/>', (0, 0, 20, 10)), 108)
    y, x = np.nonzero(wide[..., 3] > 127)
    assert abs(x.min() - 4) <= 2 and abs(x.max() - 103) <= 2  # 4 % of 100 px a side
    assert abs((y.min() + y.max()) / 2 - 53.5) <= 2


def test_broken_text_is_refused():
    with pytest.raises(ValueError, match="not a well-formed SVG"):
        plain("<svg><path></svg>")
    assert ET.fromstring(plain(document("", BOX))).get("shape-rendering") == "crispEdges"

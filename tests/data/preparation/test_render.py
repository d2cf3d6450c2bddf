import numpy as np
import pytest

from colorrl.data.preparation.render import on_white, rasterize, read_layers, render_line
from tests.data.svgs import HEAD, STROKE, two_rooms

COVERED = (
    f'{HEAD}<g id="line-supplement"><path d="M10 36H62" {STROKE}/></g>'
    '<g id="color"><rect x="30" y="20" width="20" height="30" fill="#ea5a47"/></g>'
    f'<g id="line"><path d="M10 60H62" {STROKE}/></g></svg>'
)


def layers_of(svg, folder):
    path = folder / "그림.svg"
    path.write_text(svg, encoding="utf-8")
    return read_layers(path)


def test_line_and_fill_multiply_to_the_drawing(tmp_path):
    layers = layers_of(two_rooms(10, 10, "#d22f27", "#fcea2b"), tmp_path)
    line = render_line(layers, 96).astype(float) / 255
    product = on_white(rasterize(layers.fill, 96)) * line[..., None]
    # the outline lies over edges of the paint, where two roundings meet
    np.testing.assert_allclose(product, on_white(rasterize(layers.whole, 96)), atol=3)
    assert layers.paints == ((210, 47, 39), (252, 234, 43))
    assert layers.has_line and not layers.hides_line


def test_paint_hides_the_line_below_it_and_leaves_no_rim(tmp_path):
    layers = layers_of(COVERED, tmp_path)
    line = render_line(layers, 72)
    assert layers.hides_line
    assert (line[35:37, 32:48] == 255).all()
    assert (line[35:37, 12:28] < 10).all() and (line[59:61, 12:60] < 10).all()


def test_rims_are_erased_where_edges_coincide(tmp_path):
    # the paint's edge runs along the line's: antialiasing of both leaves a faint rim
    svg = (
        f'{HEAD}<g id="line"><circle cx="36" cy="36" r="20.3"/></g>'
        '<g id="color"><circle cx="36" cy="36" r="20.3" fill="#fff"/></g></svg>'
    )
    layers = layers_of(svg, tmp_path)
    assert on_white(rasterize(layers.line, 128)).min() < 255
    assert (render_line(layers, 128) == 255).all()


def test_a_shape_without_a_fill_is_black(tmp_path):
    svg = f'{HEAD}<g id="color"><rect width="9" height="9"/></g><g id="line"/></svg>'
    layers = layers_of(svg, tmp_path)
    assert layers.paints == ((0, 0, 0),)
    assert not layers.has_line


def test_broken_files_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"그림\.svg.*well-formed"):
        layers_of("<svg><g>", tmp_path)

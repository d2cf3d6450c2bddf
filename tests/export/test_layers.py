import numpy as np

from colorrl.export.layers import color_layers
from colorrl.export.painted import flats
from tests.export.pages import painted


def test_the_layers_are_the_flats(tmp_path):
    page = painted(tmp_path)
    layers = list(color_layers(page))
    assert [layer.name for layer in layers] == ["피부", "髪・かみ", "#00c850"]
    whole = np.zeros((24, 40, 4), np.uint8)
    for layer in layers:
        height, width = layer.alpha.shape
        part = whole[layer.top : layer.top + height, layer.left : layer.left + width]
        assert not (part[..., 3] & layer.alpha).any()  # no pixel in two layers
        part[layer.alpha > 0] = [*layer.color, 255]
    flat = flats(page)
    flat[flat[..., 3] == 0] = 0
    assert np.array_equal(whole, flat)

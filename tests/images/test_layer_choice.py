"""Which layers of a PSD or ORA are the line: names, patterns, hidden ones, blank previews."""

import pytest
from PIL import Image

from colorrl.images.folder import read_drawing
from tests.images.test_layered import H, W, ora_of, psd_of


def test_several_names_and_patterns_of_layers(tmp_path):
    """Seen to fail with patterns compared as names."""
    face, hair, draft = (Image.new("RGBA", (9, 9), (i, 0, 0, 255)) for i in (1, 2, 3))
    layers = [("線画 顔", face, 0, 0), ("線画 髪", hair, 10, 0), ("下描き", draft, 20, 0)]
    psd_of(tmp_path / "a.psd", *layers)
    for wanted in ("線画*", "線画 顔, 線画 髪"):
        found = read_drawing(tmp_path / "a.psd", wanted)
        assert found[0, [0, 10], 3].tolist() == [255, 255] and not found[:, 20:].any()
    with pytest.raises(ValueError, match=r"no layer '효과.*'線画 顔'"):
        read_drawing(tmp_path / "a.psd", "線画*,효과*")
    psd_of(tmp_path / "b.psd", ("a, b*", face, 0, 0), ("a", hair, 10, 0))
    assert not read_drawing(tmp_path / "b.psd", "a, b*")[:, 10:].any()  # a whole name goes first


@pytest.mark.parametrize("kind", ["psd", "ora"])
def test_a_hidden_layer_of_the_name_stays_out_where_a_visible_one_has_it(tmp_path, kind):
    """Seen to fail: the hidden old line lay over the line."""
    new, old = (Image.new("RGBA", (9, 9), (i, 0, 0, 255)) for i in (1, 2))
    path = tmp_path / f"a.{kind}"
    if kind == "psd":
        psd = psd_of(path, ("線画", new, 0, 0), ("線画", old, 10, 0))
        psd[1].visible = False
        psd.save(path, encoding="utf-8")
    else:
        xml = '<layer name="線画" src="old.png" x="10" visibility="hidden"/>'
        xml += '<layer name="線画" src="new.png"/>'
        ora_of(path, xml, new=new, old=old, mergedimage=new)
    found = read_drawing(path, "線画")
    assert found[0, 0].tolist() == [1, 0, 0, 255] and not found[:, 10:].any()


@pytest.mark.parametrize("kind", ["psd", "ora"])
def test_a_blank_preview_over_good_layers_is_not_believed(tmp_path, kind):
    """Seen to fail: the page was black."""
    white, line = Image.new("RGBA", (W, H), "white"), Image.new("RGBA", (9, 9), "black")
    path = tmp_path / f"a.{kind}"
    if kind == "psd":
        psd = psd_of(path, ("用紙", white, 0, 0), ("線画", line, 0, 0))
        header = psd._record.header
        planes = [bytes(W * H)] * header.channels
        psd._record.image_data.set_data(planes, header)
        with path.open("wb") as file:
            psd._record.write(file)
    else:
        xml = '<layer name="線画" src="line.png"/><layer name="用紙" src="white.png"/>'
        black = Image.new("RGBA", (W, H), "black")
        ora_of(path, xml, white=white, line=line, mergedimage=black)
    found = read_drawing(path)
    assert found[0, 0, 0] == 0 and found[-1, -1, 0] == 255

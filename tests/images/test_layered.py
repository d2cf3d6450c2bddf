import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from psd_tools import PSDImage

from colorrl.images import layered
from colorrl.images.folder import read_drawing

W, H = 30, 20


def noise(seed, size=(W, H), alpha=None):
    """RGBA of random colours and, unless ``alpha`` is given, random alpha."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4)).astype(np.uint8)
    if alpha is not None:
        pixels[..., 3] = alpha
    return Image.fromarray(pixels)


def psd_of(path, *layers):
    """A PSD of (name, image, left, top), the lowest first."""
    psd = PSDImage.new("RGBA", (W, H))
    for name, image, left, top in layers:
        psd.create_pixel_layer(image, name="x", left=left, top=top).name = name
    psd.save(path, encoding="utf-8")
    return psd


def ora_of(path, xml, **pictures):
    """An ORA of stack.xml's inner part and its PNGs."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stack.xml", f'<image w="{W}" h="{H}"><stack>{xml}</stack></image>')
        for name, image in pictures.items():
            buffer = io.BytesIO()
            image.save(buffer, format="PNG")
            archive.writestr(f"{name}.png", buffer.getvalue())
    return path


def test_a_psds_layer_by_name_is_exact_and_lies_in_its_place(tmp_path):
    line, part = noise(0), noise(1, (10, 8))
    layers = ("밑그림", noise(2), 0, 0), ("線画", line, 0, 0), ("효과", part, 25, -3)
    psd_of(tmp_path / "a.psd", *layers)
    assert np.array_equal(read_drawing(tmp_path / "a.psd", "線画"), np.asarray(line))
    found = read_drawing(tmp_path / "a.psd", "효과")
    expected = np.zeros((H, W, 4), np.uint8)
    expected[:5, 25:] = np.asarray(part)[3:, :5]
    assert np.array_equal(found, expected)


def test_layers_of_one_name_are_laid_over_each_other(tmp_path):
    low, high = noise(0, alpha=255), noise(1, (5, 5), alpha=255)
    psd_of(tmp_path / "a.psd", ("line", low, 0, 0), ("line", high, 2, 3))
    expected = np.array(low)
    expected[3:8, 2:7] = np.asarray(high)
    assert np.array_equal(read_drawing(tmp_path / "a.psd", "line"), expected)


def test_a_psds_hidden_group_counts_as_a_layer(tmp_path):
    path, image = tmp_path / "a.psd", noise(0, alpha=255)
    psd = psd_of(path, ("paint", noise(1), 0, 0), ("ink", image, 0, 0))
    group = psd.create_group(name="x")
    group.name, group.visible = "선", False
    psd[1].move_to_group(group)
    psd.save(path, encoding="utf-8")
    assert np.array_equal(read_drawing(path, "선")[..., :3], np.asarray(image)[..., :3])


def test_a_psds_half_opaque_layer_in_a_hidden_group_is_read(tmp_path):
    """Seen to fail: the layer alone was shown, and its hidden group hid it."""
    path, image = tmp_path / "a.psd", Image.new("RGBA", (W, H), (0, 0, 0, 255))
    psd = psd_of(path, ("paint", noise(1), 0, 0), ("ink", image, 0, 0))
    psd[1].opacity = 128
    group = psd.create_group(name="x")
    group.visible = False
    psd[1].move_to_group(group)
    psd.save(path)
    assert np.allclose(read_drawing(path, "ink")[0, 0], [0, 0, 0, 128], atol=1)


def test_a_psds_layer_in_a_group_of_its_name_counts_once(tmp_path):
    """Seen to fail: laid over itself, half opaque ink came out darker."""
    path, image = tmp_path / "a.psd", noise(0, alpha=128)
    psd = psd_of(path, ("paint", noise(1), 0, 0), ("線画", image, 0, 0))
    group = psd.create_group(name="x")
    group.name = "線画"
    psd[1].move_to_group(group)
    psd.save(path, encoding="utf-8")
    assert (read_drawing(path, "線画")[..., 3] == 128).all()


def test_a_psds_opacity_counts(tmp_path):
    path, image = tmp_path / "a.psd", Image.new("RGBA", (W, H), (0, 0, 0, 255))
    psd = psd_of(path, ("ink", image, 0, 0))
    psd[0].opacity = 128
    psd.save(path)
    assert np.allclose(read_drawing(path, "ink")[0, 0], [0, 0, 0, 128], atol=1)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_psds_of_every_mode(tmp_path, mode, depth):
    psd = PSDImage.new(mode, (W, H), depth=depth, color=1.0)
    psd.create_pixel_layer(Image.new(mode, (9, 9)), name="ink", left=4, top=4)
    psd.save(tmp_path / "a.psd")
    drawing = read_drawing(tmp_path / "a.psd")
    assert drawing.dtype == np.uint8 and drawing.shape[:2] == (H, W)
    assert (drawing[0, 0, :1] == 255).all() and read_drawing(tmp_path / "a.psd", "ink").any()


def test_an_oras_layer_by_name(tmp_path):
    line, part, merged = noise(0), noise(1, (10, 8)), noise(2, alpha=255)
    xml = """
      <layer name="효과" src="part.png" x="-4" y="15"/>
      <stack name="線">
        <layer name="髪" src="line.png" visibility="hidden"/><layer name="顔" src="merged.png"/>
      </stack>
      <layer name="線画" src="line.png"/>"""
    path = ora_of(tmp_path / "a.ora", xml, line=line, part=part, merged=merged, mergedimage=merged)
    assert np.array_equal(read_drawing(path, "線画"), np.asarray(line))
    assert np.array_equal(read_drawing(path, "髪"), np.asarray(line))  # named, though hidden
    assert np.array_equal(read_drawing(path, "線"), np.asarray(merged))
    assert np.array_equal(read_drawing(path), np.asarray(merged))
    assert np.array_equal(read_drawing(path, "효과")[15:, :6], np.asarray(part)[:5, 4:])


def test_an_oras_layer_in_a_stack_of_its_name_counts_once(tmp_path):
    line = noise(0, alpha=128)
    xml = '<stack name="線"><layer name="線" src="line.png"/></stack>'
    path = ora_of(tmp_path / "a.ora", xml, line=line, mergedimage=line)
    assert np.array_equal(read_drawing(path, "線"), np.asarray(line))


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        ('<layer name="a" src="../../etc/passwd"/>', r"no '../../etc/passwd' in it"),
        ('<layer name="b" src="line.png"/>', "no layer 'a'; its layers: 'b'$"),
        ('<layer name="a" src="text.png"/>', "not an image that can be read"),
        ('<layer name="a" src="line.png" x="east"/>', "east"),
        ("<layer", "not well-formed|unclosed|mismatched"),
    ],
)
def test_what_an_ora_may_not_hold_is_named(tmp_path, xml, says):
    path = ora_of(tmp_path / "ㄱ.ora", xml, line=noise(0))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("text.png", "not a picture")
    with pytest.raises(ValueError, match=says) as fault:
        read_drawing(path, "a")
    assert str(fault.value).startswith(str(path))


def test_bombs_do_not_go_off(tmp_path, monkeypatch):
    path = tmp_path / "a.ora"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mergedimage.png", bytes(layered.MAX_PNG_BYTES + 1))
        archive.writestr(
            "stack.xml", '<!DOCTYPE x [<!ENTITY a "aa">]><image w="9" h="9">&a;</image>'
        )
    with pytest.raises(ValueError, match="unpacks to"):
        read_drawing(path)
    with pytest.raises(ValueError, match=r"DTD|Forbidden"):
        read_drawing(path, "a")
    huge = tmp_path / "huge.psd"
    psd_of(huge, ("ink", noise(0), 0, 0))
    content = bytearray(huge.read_bytes())
    content[14:22] = (100_000).to_bytes(4, "big") * 2
    huge.write_bytes(content)
    with pytest.raises(ValueError, match="100000 x 100000 px are too many"):
        read_drawing(huge)


def test_an_ora_without_a_merged_picture_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"no 'mergedimage\.png' in it"):
        read_drawing(ora_of(tmp_path / "a.ora", ""))


@pytest.mark.parametrize("suffix", [".psd", ".ora"])
def test_what_is_cut_short_or_another_kind_is_named(tmp_path, suffix):
    path = tmp_path / f"그림{suffix}"
    psd_of(tmp_path / "whole.psd", ("ink", noise(0), 0, 0))
    ora_of(tmp_path / "whole.ora", "", mergedimage=noise(0))
    whole = (tmp_path / f"whole{suffix}").read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"그림{suffix}"):
            read_drawing(path, "ink")


def test_rows_that_end_early_are_not_read_as_black(tmp_path):
    path = tmp_path / "a.psd"
    PSDImage.frompil(noise(0, alpha=255).convert("RGB")).save(path)
    content = path.read_bytes()
    assert read_drawing(path).min() >= 0  # whole, it is read
    # within the last row, and within the second plane: psd-tools warns of neither
    for missing in (3, len(noise(0).tobytes()) // 4):
        path.write_bytes(content[:-missing])
        with pytest.raises(ValueError, match=r"a\.psd: cannot be read: the file ends within"):
            read_drawing(path)


def test_damaged_pixels_are_not_read_as_black(tmp_path):
    path = tmp_path / "a.psd"
    PSDImage.frompil(noise(0, alpha=255).convert("RGB")).save(path)
    content, place = path.read_bytes(), 26
    for _ in range(3):  # colour mode, resources and layers, each after its length
        place += 4 + int.from_bytes(content[place : place + 4], "big")
    path.write_bytes(content[: place + 50])  # ends among the rows' packed lengths
    with pytest.raises(ValueError, match=r"a\.psd: cannot be read"):
        read_drawing(path)

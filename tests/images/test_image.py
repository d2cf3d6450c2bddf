import itertools

import numpy as np
import pytest
from PIL import Image, ImageCms

from colorrl.images import image
from colorrl.images.folder import read_drawing
from colorrl.images.image import luma, over_white, strokes

H, W = 20, 30


def noise(channels):
    return np.random.default_rng(3).integers(0, 256, (H, W, channels)).astype(np.uint8)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *itertools.product(["L", "LA", "RGB", "RGBA"], [".png", ".tif"]),
        *itertools.product(["L", "RGB", "RGBA"], [".webp"]),  # which has no grey with alpha
    ],
)
def test_lossless_files_come_back_bit_for_bit(tmp_path, mode, suffix):
    pixels, path = noise(len(mode)), tmp_path / f"a{suffix}"
    options = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    Image.fromarray(pixels.squeeze(2) if mode == "L" else pixels).save(path, **options)
    drawing = read_drawing(path)
    if (mode, suffix) == ("L", ".webp"):  # WebP stores colours
        drawing = drawing[..., :1]
    assert np.array_equal(drawing, pixels)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "I;16", "F"])
def test_tiffs_of_every_mode(tmp_path, mode, compression):
    line = np.where(noise(1)[..., 0] > 128, 255, 0).astype(np.uint8)
    whole = {"I;16": line.astype(np.uint16) * 257, "F": line.astype(np.float32) / 255}
    made = Image.fromarray(whole[mode]) if mode in whole else Image.fromarray(line).convert(mode)
    made.save(tmp_path / "a.tif", compression=compression)
    assert np.array_equal(over_white(read_drawing(tmp_path / "a.tif"))[..., 0], line)


@pytest.mark.parametrize("suffix", [".tif", ".webp", ".jpg"])
def test_exif_turns_every_kind(tmp_path, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    page = np.full((H, W), 255, np.uint8)
    page[:, :5] = 0
    path = tmp_path / f"a{suffix}"
    Image.fromarray(page).convert("RGB").save(path, exif=exif, quality=100)
    assert abs(luma(read_drawing(path)) - np.rot90(page, -1) / 255).max() < 0.05


def profile(name):
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()


def test_a_profile_is_applied_and_srgb_left_alone(tmp_path):
    pixels = noise(4)
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=profile("sRGB"))
    assert np.array_equal(read_drawing(tmp_path / "a.png"), pixels)
    # XYZ in place of RGB: not a monitor's profile, so it does not fit and is left out
    Image.fromarray(pixels).save(tmp_path / "b.png", icc_profile=profile("XYZ"))
    Image.fromarray(pixels).save(tmp_path / "c.png", icc_profile=b"no profile")
    for name in "bc":
        assert np.array_equal(read_drawing(tmp_path / f"{name}.png"), pixels)


def test_another_profile_is_applied_and_alpha_kept(tmp_path):
    # sRGB with its red and green exchanged, under another name
    swapped = profile("sRGB").replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    for old, new in ((b"rXYZ", b"?"), (b"gXYZ", b"rXYZ"), (b"?", b"gXYZ")):
        swapped = swapped.replace(old, new, 1)
    pixels = np.zeros((H, W, 4), np.uint8)
    pixels[...] = 250, 20, 30, 77
    Image.fromarray(pixels).save(tmp_path / "a.png", icc_profile=swapped)
    assert np.allclose(read_drawing(tmp_path / "a.png")[0, 0], [20, 250, 30, 77], atol=2)


def test_pages_of_a_tiff_are_not_dropped_quietly(tmp_path):
    first, second = Image.new("L", (W, H), 9), Image.new("L", (W, H))
    first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
    with pytest.raises(ValueError, match="holds 2 pages"):
        read_drawing(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_frames_of_an_animation_are_not_dropped_quietly(tmp_path, suffix):
    first, second = Image.new("L", (W, H), 9), Image.new("L", (W, H))
    first.save(tmp_path / f"a.{suffix}", save_all=True, append_images=[second])
    with pytest.raises(ValueError, match="animation of 2 frames"):
        read_drawing(tmp_path / f"a.{suffix}")


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    Image.new("1", (W, H)).save(tmp_path / "a.png")
    monkeypatch.setattr(image, "MAX_PIXELS", W * H - 1)
    with pytest.raises(ValueError, match=r"a\.png: .*30 x 20 px are too many"):
        read_drawing(tmp_path / "a.png")


def test_over_white_is_rounded():
    drawing = noise(4)
    color, alpha = drawing[..., :3] / 255, drawing[..., 3:] / 255
    assert np.array_equal(over_white(drawing), np.rint(255 * (color * alpha + 1 - alpha)))
    assert np.array_equal(over_white(drawing[..., :1]), drawing[..., :1])


def test_strokes_are_the_darkest_channel():
    yellow = np.full((H, W, 3), 255, np.uint8)
    yellow[3, :, 2] = 0
    assert (strokes(yellow)[3] == 0).all() and (luma(yellow)[3] > 0.85).all()
    gray = noise(1)
    assert np.array_equal(strokes(gray), luma(gray))
    assert np.array_equal(strokes(gray.repeat(3, axis=2)), luma(gray))


@pytest.mark.parametrize("channels", [2, 4])
def test_white_ink_on_transparent_paper_shows(channels):
    drawing = np.full((H, W, channels), 255, np.uint8)
    drawing[..., -1] = 0
    drawing[3, :, -1] = 200
    assert (strokes(drawing)[3] < 0.25).all() and (strokes(drawing)[4:] == 1).all()
    drawing[3, :, :-1] = 0  # black ink: as it looks on white
    assert np.array_equal(strokes(drawing), luma(drawing))

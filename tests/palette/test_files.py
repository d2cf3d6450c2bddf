import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colorrl.palette import Palette, palette_from, read_palette, write_palette
from colorrl.palette.record import MAX_COLORS, one_line

RED, SKIN = [1.0, 0.0, 0.0], [1.0, 0.8, 0.6]


@pytest.mark.parametrize("value", ["#ff0000,#ffcc99", "f00, ffcc99", ["#FF0000", "#ffcc99"]])
def test_colors_as_typed(value):
    assert torch.allclose(palette_from(value).colors, torch.tensor([RED, SKIN]))


@pytest.mark.parametrize("suffix", [".gpl", ".txt", ".json"])
def test_names_and_colors_come_back(tmp_path, suffix):
    path = tmp_path / f"색표{suffix}"
    written = Palette(torch.tensor([RED, SKIN, [0, 0, 0]]), ("빨강", "피부 色", "black"))
    write_palette(path, written)
    found = palette_from(str(path))
    assert torch.equal(found.colors, written.colors.float())
    assert found.names == written.names
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".gpl", ".hex", ".txt", ".json"])
def test_colors_without_names_come_back(tmp_path, suffix):
    path = tmp_path / f"p{suffix}"
    write_palette(path, Palette(torch.tensor([RED, RED]), ("", "")))
    found = read_palette(path)
    assert found.colors.tolist() == [RED, RED] and found.names == ("", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "gimp.gpl",
            "GIMP Palette\r\nName: x\r\nColumns: 2\r\n#\r\n255   0   0\tred\r\n255 204 153\r\n",
        ),
        ("lospec.hex", "ff0000\nffcc99\n"),
        ("paintdotnet.txt", "; paint.net Palette File\nFFFF0000\nFFFFCC99\n"),
        ("byhand.txt", "\ufeff#f00 빨강\n\n#ffcc99, skin\n"),
        ("aseprite.gpl", "GIMP Palette\nChannels: RGBA\n#\n255 0 0 255 red\n255 204 153 255\n"),
        ("lospec.json", '{"name": "x", "author": "y", "colors": ["ff0000", "ffcc99"]}'),
        ("tokens.json", '{"red": "#f00", "skin": "#ffcc99"}'),
    ],
)
def test_files_of_other_programs(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert torch.allclose(read_palette(path).colors, torch.tensor([RED, SKIN]))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_names_in_what_notepad_writes(tmp_path, encoding):
    path = tmp_path / "메모장.gpl"
    path.write_bytes("GIMP Palette\r\n#\r\n255 0 0\t빨강\r\n".encode(encoding))
    assert read_palette(path).names == ("빨강",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("no.gpl", b"not a palette"),
        ("big.gpl", b"GIMP Palette\n300 0 0 x\n"),
        ("words.gpl", b"GIMP Palette\n#\nred\n"),
        ("empty.hex", b""),
        ("word.txt", b"red\n"),
        ("number.json", b"3"),
        ("broken.json", b"["),
        ("latin.txt", "#ff0000 빨강".encode("cp949")),
        ("photoshop.aco", b""),
    ],
)
def test_faults_name_the_file(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=name):
        read_palette(tmp_path / name)


def test_what_is_no_palette_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"neither colours.*'blue' is none"):
        palette_from("#ff0000,blue")
    with pytest.raises(FileNotFoundError):
        palette_from(str(tmp_path / "absent.gpl"))


FULL = 65535
# the largest error of a channel: half a step of the format, and float32's own
STEP = {".ase": 0, ".aco": 0.5 / FULL + 1e-7}
NAMED = (".gpl", ".aco", ".ase", ".txt", ".json")
WRITTEN = (".gpl", ".aco", ".ase", ".act", ".hex", ".txt", ".json", ".png")


def as_held(name, suffix):
    """A name as the format gives it back."""
    if suffix not in NAMED:
        return ""
    held = one_line(name)
    if suffix == ".gpl" and held == "Untitled":  # GIMP's word for no name
        return ""
    return held.strip(" \t,=:") if suffix == ".txt" else held


channel = st.floats(0, 1, width=32)
entries = st.tuples(st.tuples(channel, channel, channel), st.text(max_size=12))
palettes = st.lists(entries, min_size=1, max_size=40)


@pytest.mark.parametrize("suffix", WRITTEN)
@given(palettes)
@settings(max_examples=40, deadline=None)
def test_every_format_gives_back_what_it_can_hold(tmp_path_factory, suffix, rows):
    colors, names = zip(*rows, strict=True)
    written = Palette(torch.tensor(colors), names)
    path = tmp_path_factory.getbasetemp() / f"색표 (1){suffix}"
    write_palette(path, written)
    found = read_palette(path)
    assert found.names == tuple(as_held(name, suffix) for name in names)
    off = (found.colors - written.colors).abs().max().item()
    assert off <= STEP.get(suffix, 0.5 / 255 + 1e-7)


@st.composite
def damaged(draw, content):
    """``content`` cut off, with bytes changed, put in or doubled."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        kind = draw(st.sampled_from(["cut", "flip", "insert", "most"]))
        if kind == "cut":
            del content[place:]
        elif kind == "flip":
            content[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "insert":
            content[place:place] = draw(st.binary(max_size=8))
        else:  # counts and lengths as large as they can be
            content[place : place + 4] = b"\xff" * 4
    return bytes(content)


@pytest.mark.parametrize("suffix", [*WRITTEN, ".jpg", ".webp", ".gif"])
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_damaged_file_is_a_palette_or_a_clear_error(tmp_path_factory, suffix, data):
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    if suffix in WRITTEN:
        write_palette(path, Palette(torch.tensor([RED, SKIN, [0, 0, 1]]), ("빨강", "", "blue")))
    else:
        Image.linear_gradient("L").resize((32, 32)).convert("RGB").save(path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    try:
        palette = read_palette(path)
    except ValueError as error:
        assert str(error).startswith(f"{path}: ") and len(str(error)) < 500
    else:
        assert 0 < len(palette) == len(palette.colors) <= MAX_COLORS
        assert ((palette.colors >= 0) & (palette.colors <= 1)).all()


def test_too_much_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.gpl"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)  # sparse: takes no disk
    with pytest.raises(ValueError, match=r"large\.gpl: 100 MB"):
        read_palette(path)
    path.with_suffix(".hex").write_text("ff0000\n" * (MAX_COLORS + 1))
    with pytest.raises(ValueError, match="holds 4097 colours"):
        read_palette(path.with_suffix(".hex"))
    path.with_suffix(".json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="nested"):
        read_palette(path.with_suffix(".json"))


@pytest.mark.parametrize("suffix", WRITTEN)
def test_what_cannot_be_written_leaves_the_file_alone(tmp_path, suffix):
    path = tmp_path / f"p{suffix}"
    path.write_bytes(b"before")
    for bad in (torch.zeros(0, 3), torch.full((1, 3), float("nan"))):
        with pytest.raises(ValueError, match=rf"p\{suffix}"):
            write_palette(path, Palette(bad, ("",) * len(bad)))
    assert path.read_bytes() == b"before" and len(list(tmp_path.iterdir())) == 1


def test_small_formats_say_so(tmp_path):
    many = Palette(torch.rand(257, 3), ("",) * 257)
    for name in ("a.act", "a.png"):
        with pytest.raises(ValueError, match=rf"{name}.*256"):
            write_palette(tmp_path / name, many)
    with pytest.raises(ValueError, match=r"a\.jpg: not a palette format to write"):
        write_palette(tmp_path / "a.jpg", many)


def test_transparent_and_double_entries_are_left_out(tmp_path):
    """Seen to fail: the transparent entry was an opaque black swatch."""
    path = tmp_path / "a.gpl"
    rows = "  0   0   0   0 Transparent\n254  91  89 255\n254  91  89 255 again\n"
    path.write_text(f"GIMP Palette\nChannels: RGBA\n#\n{rows}", encoding="utf-8")
    assert len(palette_from(str(path))) == 1
    path = tmp_path / "a.txt"
    path.write_text("00000000\nFFff0000\n", encoding="utf-8")
    assert len(read_palette(path)) == 1

import pytest
import torch

from colorrl.palette import Palette, nearest, palette_from, palette_of, read_palette, write_palette

RED, SKIN = [1.0, 0.0, 0.0], [1.0, 0.8, 0.6]


@pytest.mark.parametrize("value", ["#ff0000,#ffcc99", "f00, ffcc99", ["#FF0000", "#ffcc99"]])
def test_colours_as_typed(value):
    assert torch.allclose(palette_from(value).colours, torch.tensor([RED, SKIN]))


@pytest.mark.parametrize("suffix", [".gpl", ".txt", ".json"])
def test_names_and_colours_come_back(tmp_path, suffix):
    path = tmp_path / f"색표{suffix}"
    written = Palette(torch.tensor([RED, SKIN, [0, 0, 0]]), ("빨강", "피부 色", "black"))
    write_palette(path, written)
    found = palette_from(str(path))
    assert torch.equal(found.colours, written.colours.float())
    assert found.names == written.names
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".gpl", ".hex", ".txt", ".json"])
def test_colours_without_names_come_back(tmp_path, suffix):
    path = tmp_path / f"p{suffix}"
    write_palette(path, Palette(torch.tensor([RED, RED]), ("", "")))
    found = read_palette(path)
    assert found.colours.tolist() == [RED, RED] and found.names == ("", "")


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
        ("lospec.json", '{"name": "x", "author": "y", "colors": ["ff0000", "ffcc99"]}'),
    ],
)
def test_files_of_other_programs(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert torch.allclose(read_palette(path).colours, torch.tensor([RED, SKIN]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("no.gpl", b"not a palette"),
        ("big.gpl", b"GIMP Palette\n300 0 0 x\n"),
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
    with pytest.raises(ValueError, match="neither colours"):
        palette_from("#ff0000,blue")
    with pytest.raises(FileNotFoundError):
        palette_from(str(tmp_path / "absent.gpl"))


def test_nearest_goes_by_perceived_difference():
    palette = torch.tensor([[0.0, 0.0, 1.0], [0.6, 0.0, 0.9], [1.0, 1.0, 1.0]])
    colours = torch.tensor([[0.1, 0.1, 0.95], [0.9, 0.9, 0.9], [0.6, 0.0, 0.9]])
    assert nearest(colours, palette).tolist() == [0, 2, 1]


def test_palette_of_an_image():
    image = torch.zeros(3, 4, 4)
    image[0, :3] = 1
    image[2, 3, 3] = 1
    colours, share = palette_of(image, 2)
    assert colours.tolist() == [RED, [0, 0, 0]]
    assert share.tolist() == pytest.approx([0.8, 0.2])

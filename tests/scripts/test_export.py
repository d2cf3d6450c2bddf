import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from colorrl.config.schema.pages import ExportConfig
from colorrl.errors import UserError
from colorrl.export import formats, journal
from colorrl.scripts.export import main
from tests.export.pages import painted

KINDS = ["regions", "flats", "psd"]


@pytest.fixture
def coloured(tmp_path):
    """A folder as colorize leaves it, with one page in a folder below."""
    page, folder = painted(tmp_path), tmp_path / "out"
    stem = folder / "1화" / "선화"
    formats.write(KINDS, stem, page)
    now = journal.Entry(page.source.page, page.source.sha, "settings", None)
    journal.note(folder, now)
    journal.note(folder, journal.finished(folder, formats.files_of(KINDS, stem), now, now))
    return folder


def export(source, kinds=None, overwrite=False):
    main(ExportConfig(input=source, export=kinds, overwrite=overwrite))


def repaint(folder, colour="#ff0000"):
    """Skin becomes ``colour``."""
    path = folder / "1화" / "선화.regions.json"
    text = re.sub(r'("[25]": {"colour": )"#\w+"', rf'\1"{colour}"', path.read_text("utf-8"))
    path.write_text(text, "utf-8")
    return path


def flat(folder):
    with Image.open(folder / "1화" / "선화.flats.png") as image:
        return np.asarray(image)


def test_a_colour_changed_by_hand_reaches_every_file_that_is_there(coloured):
    before = (coloured / "1화" / "선화.psd").read_bytes()
    export(coloured)
    assert (coloured / "1화" / "선화.psd").read_bytes() == before
    repaint(coloured)
    export(coloured)
    assert flat(coloured)[5, 5].tolist() == [255, 0, 0, 255]
    assert (coloured / "1화" / "선화.psd").read_bytes() != before
    assert not (coloured / "1화" / "선화.ora").exists()


def test_another_kind_is_added(coloured):
    export(coloured / "1화" / "선화.regions.json", ["ora", "palettes"])
    assert (coloured / "1화" / "선화.ora").exists() and (coloured / "1화" / "선화.ase").exists()


def test_no_file_stays_behind_an_edit_when_another_is_asked_for(coloured):
    repaint(coloured)
    export(coloured, ["ora"])
    assert flat(coloured)[5, 5].tolist() == [255, 0, 0, 255]
    # but for one that a person changed
    psd = coloured / "1화" / "선화.psd"
    psd.write_bytes(b"a week of shading")
    repaint(coloured, "#0000ff")
    export(coloured, ["ora"])
    assert flat(coloured)[5, 5].tolist() == [0, 0, 255, 255]
    assert psd.read_bytes() == b"a week of shading"


def test_only_what_changed_is_written(coloured):
    repaint(coloured)
    export(coloured)
    times = {p: p.stat().st_mtime_ns for p in coloured.rglob("*")}
    export(coloured)
    assert {p: p.stat().st_mtime_ns for p in coloured.rglob("*")} == times


def test_work_by_hand_is_kept_without_overwrite(coloured):
    psd = coloured / "1화" / "선화.psd"
    psd.write_bytes(b"a week of shading")
    repaint(coloured)
    with pytest.raises(UserError, match=r"1 of 1 pages failed:\n.*선화\.psd was changed by hand"):
        export(coloured)
    assert psd.read_bytes() == b"a week of shading" and flat(coloured)[5, 5, 1] == 204
    export(coloured, overwrite=True)
    assert psd.read_bytes()[:4] == b"8BPS" and flat(coloured)[5, 5, 1] == 0


def test_an_export_that_was_cut_short_goes_on(coloured, monkeypatch):
    def dies(path, page):
        raise KeyboardInterrupt

    repaint(coloured)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setitem(formats.FORMATS, "psd", {".psd": dies})
        export(coloured)
    assert flat(coloured)[5, 5, 1] == 0
    export(coloured)
    export(coloured, ["psd"])
    stem = coloured / "1화" / "선화"
    last = journal.read(coloured, "1화/선화.png")
    assert journal.is_current(coloured, formats.files_of(KINDS, stem), last)


def test_colorize_takes_the_page_for_done_afterwards(coloured):
    repaint(coloured)
    export(coloured)
    stem = coloured / "1화" / "선화"
    last = journal.read(coloured, "1화/선화.png")
    now = journal.Entry(last.page, last.input_sha, "settings", None)
    assert journal.is_done(coloured, formats.files_of(KINDS, stem), last, now, overwrite=False)


def test_a_page_with_a_mistake_does_not_stop_the_rest(coloured, tmp_path):
    path = repaint(coloured, "#ff00")
    formats.write(["regions", "flats"], coloured / "다른", painted(tmp_path))
    with pytest.raises(UserError, match=r"1 of 2 pages failed:") as fault:
        export(coloured, overwrite=True)
    assert f"{path}: regions.2.colour: '#ff00'" in str(fault.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [("없음", "없음 does not exist"), ("1화/선화.psd", "is not a NAME.regions.json")],
)
def test_what_is_no_page_is_named(coloured, name, says):
    with pytest.raises(UserError, match=re.escape(says)):
        export(coloured / name)
    with pytest.raises(UserError, match="holds no NAME"):
        (coloured / "empty").mkdir()
        export(coloured / "empty")
    with pytest.raises(UserError, match="leave it out"):
        export(coloured, ["regions"])


def test_as_a_module(coloured):
    repaint(coloured)
    command = [sys.executable, "-m", "colorrl", "export", f"input={coloured}", "export=[flats,ora]"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert flat(coloured)[5, 5].tolist() == [255, 0, 0, 255]


def test_two_runs_in_one_folder_do_not_mix_their_notes(coloured):
    """As two terminals: the second is refused, and nothing is written."""
    path = repaint(coloured)
    lock = str(coloured / ".colorize" / "lock")
    hold = f"from colorrl.run.lock import *; f = open({lock!r}, 'a+'); "
    hold += "assert take(f, shared=False); print('held', flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", hold], **pipes) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="another run of colorrl is at work"):
            export(coloured)
        other.communicate("\n")
    export(coloured)
    assert path.exists() and flat(coloured)[5, 5].tolist() == [255, 0, 0, 255]

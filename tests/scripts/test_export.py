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
def colored(tmp_path):
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


def repaint(folder, color="#ff0000"):
    """Skin becomes ``color``."""
    path = folder / "1화" / "선화.regions.json"
    text = re.sub(r'("[25]": {"colour": )"#\w+"', rf'\1"{color}"', path.read_text("utf-8"))
    path.write_text(text, "utf-8")
    return path


def flat(folder):
    with Image.open(folder / "1화" / "선화.flats.png") as image:
        return np.asarray(image)


def test_a_color_changed_by_hand_reaches_every_file_that_is_there(colored):
    before = (colored / "1화" / "선화.psd").read_bytes()
    export(colored)
    assert (colored / "1화" / "선화.psd").read_bytes() == before
    repaint(colored)
    export(colored)
    assert flat(colored)[5, 5].tolist() == [255, 0, 0, 255]
    assert (colored / "1화" / "선화.psd").read_bytes() != before
    assert not (colored / "1화" / "선화.ora").exists()


def test_another_kind_is_added(colored):
    export(colored / "1화" / "선화.regions.json", ["ora", "palettes"])
    assert (colored / "1화" / "선화.ora").exists() and (colored / "1화" / "선화.ase").exists()


def test_no_file_stays_behind_an_edit_when_another_is_asked_for(colored):
    repaint(colored)
    export(colored, ["ora"])
    assert flat(colored)[5, 5].tolist() == [255, 0, 0, 255]
    # but for one that a person changed
    psd = colored / "1화" / "선화.psd"
    psd.write_bytes(b"a week of shading")
    repaint(colored, "#0000ff")
    export(colored, ["ora"])
    assert flat(colored)[5, 5].tolist() == [0, 0, 255, 255]
    assert psd.read_bytes() == b"a week of shading"


def test_only_what_changed_is_written(colored):
    repaint(colored)
    export(colored)
    times = {p: p.stat().st_mtime_ns for p in colored.rglob("*")}
    export(colored)
    assert {p: p.stat().st_mtime_ns for p in colored.rglob("*")} == times


def test_work_by_hand_is_kept_without_overwrite(colored):
    psd = colored / "1화" / "선화.psd"
    psd.write_bytes(b"a week of shading")
    repaint(colored)
    with pytest.raises(UserError, match=r"1 of 1 pages failed:\n.*선화\.psd was changed by hand"):
        export(colored)
    assert psd.read_bytes() == b"a week of shading" and flat(colored)[5, 5, 1] == 204
    export(colored, overwrite=True)
    assert psd.read_bytes()[:4] == b"8BPS" and flat(colored)[5, 5, 1] == 0


def test_an_export_that_was_cut_short_goes_on(colored, monkeypatch):
    def dies(path, page):
        raise KeyboardInterrupt

    repaint(colored)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setitem(formats.FORMATS, "psd", {".psd": dies})
        export(colored)
    assert flat(colored)[5, 5, 1] == 0
    export(colored)
    export(colored, ["psd"])
    stem = colored / "1화" / "선화"
    last = journal.read(colored, "1화/선화.png")
    assert journal.is_current(colored, formats.files_of(KINDS, stem), last)


def test_colorize_takes_the_page_for_done_afterwards(colored):
    repaint(colored)
    export(colored)
    stem = colored / "1화" / "선화"
    last = journal.read(colored, "1화/선화.png")
    now = journal.Entry(last.page, last.input_sha, "settings", None)
    assert journal.is_done(colored, formats.files_of(KINDS, stem), last, now, overwrite=False)


def test_a_page_with_a_mistake_does_not_stop_the_rest(colored, tmp_path):
    path = repaint(colored, "#ff00")
    formats.write(["regions", "flats"], colored / "다른", painted(tmp_path))
    with pytest.raises(UserError, match=r"1 of 2 pages failed:") as fault:
        export(colored, overwrite=True)
    assert f"{path}: regions.2.colour: '#ff00'" in str(fault.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [("없음", "없음 does not exist"), ("1화/선화.psd", "is not a NAME.regions.json")],
)
def test_what_is_no_page_is_named(colored, name, says):
    with pytest.raises(UserError, match=re.escape(says)):
        export(colored / name)
    with pytest.raises(UserError, match="holds no NAME"):
        (colored / "empty").mkdir()
        export(colored / "empty")
    with pytest.raises(UserError, match="leave it out"):
        export(colored, ["regions"])


def test_as_a_module(colored):
    repaint(colored)
    command = [sys.executable, "-m", "colorrl", "export", f"input={colored}", "export=[flats,ora]"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert flat(colored)[5, 5].tolist() == [255, 0, 0, 255]


def test_two_runs_in_one_folder_do_not_mix_their_notes(colored):
    """As two terminals: the second is refused, and nothing is written."""
    path = repaint(colored)
    lock = str(colored / ".colorize" / "lock")
    hold = f"from colorrl.run.lock import *; f = open({lock!r}, 'a+'); "
    hold += "assert take(f, shared=False); print('held', flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", hold], **pipes) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="another run of colorrl is at work"):
            export(colored)
        other.communicate("\n")
    export(colored)
    assert path.exists() and flat(colored)[5, 5].tolist() == [255, 0, 0, 255]

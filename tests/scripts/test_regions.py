import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from colorrl.export.jobs import find_jobs
from colorrl.export.png import read_regions
from colorrl.regions.segment import segment, segment_and_log
from colorrl.scripts.regions import segment_jobs
from tests.regions.drawings import draw


def save(path, line, mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(line * 255).astype(np.uint8)).convert(mode).save(path)


@pytest.fixture
def folder(tmp_path):
    source = tmp_path / "그림"
    save(source / "얼굴.png", draw("face", 96, 3))
    save(source / "ep(1)" / "線.png", draw("nested", 256, 3, gap=6), "RGBA")
    save(source / "ep(1)" / "photo.jpg", draw("star", 100, 4), "RGB")
    return source


def run(source, output, settings="as they are", segmenter=segment_and_log, overwrite=False):
    jobs = find_jobs(source, output)
    return segment_jobs(jobs, settings, segmenter, overwrite=overwrite)


def snapshot(folder):
    return {
        p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and ".regions" not in p.parts
    }


def test_every_page_gets_ids_an_overlay_and_a_log(folder, tmp_path):
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 3 and not report.skipped and not report.failed
    line = draw("nested", 256, 3, gap=6)
    line = np.rint(line * 255).astype(np.float32) / 255
    label = segment(line).label.numpy()
    stem = tmp_path / "out" / "ep(1)"
    assert np.array_equal(read_regions(stem / "線.labels.png"), label)
    with Image.open(stem / "線.overlay.png") as picture:
        assert picture.size == (256, 256)
    record = json.loads((stem / "線.repairs.json").read_text(encoding="utf-8"))
    assert record["page"] == "ep(1)/線.png" and record["size"] == [256, 256]
    assert record["regions"] == label.max() and len(record["gaps"]) == 6
    assert (stem / "photo.jpg.labels.png").exists()


def test_colored_and_white_lines_are_ink(tmp_path):
    line = draw("face", 128, 3)
    paper = np.full((128, 128, 3), 255, np.uint8)
    paper[line < 0.5] = (255, 255, 0)  # yellow
    (tmp_path / "in").mkdir()
    Image.fromarray(paper).save(tmp_path / "in" / "yellow.png")
    white = np.full((128, 128, 4), 255, np.uint8)
    white[..., 3] = 255 - np.rint(line * 255)
    Image.fromarray(white).save(tmp_path / "in" / "white.png")
    report = run(tmp_path / "in", tmp_path / "out")
    assert not report.failed
    assert {page: found.regions for page, found in report.done.items()} == {
        "yellow.png": 4,
        "white.png": 4,
    }


def test_a_second_run_skips_what_is_done(folder, tmp_path):
    run(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    save(folder / "new.png", draw("star", 80, 3))
    report = run(folder, tmp_path / "out")
    assert list(report.done) == ["new.png"] and len(report.skipped) == 3
    assert snapshot(tmp_path / "out").items() >= before.items()


def test_what_it_did_not_make_stays(folder, tmp_path):
    foreign = tmp_path / "out" / "얼굴.overlay.png"
    foreign.parent.mkdir()
    foreign.write_bytes(b"a week of work")
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 2 and "overwrite=true" in report.failed["얼굴.png"]
    assert foreign.read_bytes() == b"a week of work"
    failed = run(folder, tmp_path / "out", settings="others").failed
    assert len(failed) == 3 and "other settings" in failed["ep(1)/線.png"]
    report = run(folder, tmp_path / "out", overwrite=True)
    assert list(report.done) == ["얼굴.png"] and not report.failed
    assert foreign.read_bytes() != b"a week of work"


def test_a_bad_file_does_not_stop_the_rest(folder, tmp_path):
    (folder / "empty.png").touch()
    whole = (folder / "얼굴.png").read_bytes()
    (folder / "torn.png").write_bytes(whole[: len(whole) // 2])
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 3 and set(report.failed) == {"empty.png", "torn.png"}
    assert not list((tmp_path / "out").rglob("*torn*"))


def test_a_page_that_was_cut_short_is_made_again(folder, tmp_path):
    class Killed(BaseException):
        pass

    def dies_at_second(line):
        if any((tmp_path / "out").rglob("*.png")):
            raise Killed
        return segment_and_log(line)

    with pytest.raises(Killed):
        run(folder, tmp_path / "out", segmenter=dies_at_second)
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 2 and len(report.skipped) == 1 and not report.failed


def test_results_inside_the_input_are_not_read_again(folder):
    run(folder, folder / "out")
    assert len(run(folder, folder / "out2").done) == 3


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64)])
def test_empty_pages(tmp_path, value, shape):
    save(tmp_path / "in" / "a.png", np.full(shape, value, np.float32))
    assert not run(tmp_path / "in", tmp_path / "out").failed
    assert read_regions(tmp_path / "out" / "a.labels.png").shape == shape


def test_from_the_command_line(folder, tmp_path):
    (folder / "broken.png").write_bytes(b"")
    command = [sys.executable, "-m", "colorrl", "regions", f"input={folder}"]
    output = tmp_path / "ep(2)"
    job = subprocess.run(
        [*command, f"output={output}"], capture_output=True, text=True, encoding="utf-8"
    )
    assert job.returncode == 1
    assert "1 of 4 pages failed" in job.stderr and "broken.png" in job.stderr
    assert "Traceback" not in job.stderr
    result = json.loads((output / "result.json").read_text(encoding="utf-8"))
    assert result["pages/done"] == 3 and result["pages/failed"] == 1
    assert result["regions"] == 4 + 4 + 3 and result["gaps"] == 6

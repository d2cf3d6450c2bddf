import json
import shutil
import uuid
from pathlib import Path

import fsspec
import pytest
import torch

from colorrl.export import regions, review
from colorrl.export.staging import find_staged, landing
from colorrl.export.stores import mirror, url_of
from colorrl.pages.colorize_folder import colorize_jobs
from colorrl.run import lock
from colorrl.scripts import export
from tests.coloring import SETTINGS, HashGenerator, run, save

KINDS = ["flats", "regions", "psd"]


@pytest.fixture
def store():
    """A folder of sketches in memory, and the file system."""
    fs, root = fsspec.filesystem("memory"), f"memory://{uuid.uuid4().hex}"
    return fs, root


def upload(folder, fs, root):
    for path in folder.rglob("*.*"):
        fs.put_file(str(path), f"{root}/in/{path.relative_to(folder).as_posix()}")


def color(source, output, **options):
    options = {"kinds": KINDS, "device": torch.device("cpu"), "overwrite": False} | options
    jobs = find_staged(source, output)
    return colorize_jobs(jobs, HashGenerator(), SETTINGS, staged=True, **options)


@pytest.fixture
def folder(tmp_path):
    save(tmp_path / "in" / "얼굴.png")
    save(tmp_path / "in" / "ep(1)" / "線.png", mode="RGB")
    return tmp_path / "in"


def stored(fs, place):
    root = fs._strip_protocol(place)
    return {name.removeprefix(f"{root}/"): fs.cat_file(name) for name in fs.find(root)}


def test_a_store_gets_the_bytes_of_a_folder(folder, tmp_path, store):
    fs, root = store
    upload(folder, fs, root)
    run(folder, tmp_path / "out", kinds=KINDS)
    report = color(f"{root}/in", f"{root}/out")
    assert len(report.done) == 2 and not report.failed
    local = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_bytes()
        for p in (tmp_path / "out").rglob("*")
        if p.is_file() and p.name != lock.NAME  # of one machine
    }
    assert stored(fs, f"{root}/out") == local
    again = color(f"{root}/in", f"{root}/out")
    assert len(again.skipped) == 2 and stored(fs, f"{root}/out") == local


@pytest.mark.parametrize("far", ["in", "out"])
def test_one_end_may_be_local(folder, tmp_path, store, far):
    fs, root = store
    upload(folder, fs, root)
    source = f"{root}/in" if far == "in" else str(folder)
    output = f"{root}/out" if far == "out" else str(tmp_path / "out")
    assert len(color(source, output, kinds=["flats"]).done) == 2
    made = stored(fs, output) if far == "out" else {
        p.relative_to(output).as_posix() for p in (tmp_path / "out").rglob("*.png")
    }  # fmt: skip
    assert {"얼굴.flats.png", "ep(1)/線.flats.png"} <= set(made)
    assert len(color(source, output, kinds=["flats"]).skipped) == 2


@pytest.mark.parametrize("far", ["in", "out"])
def test_regions_find_a_line_in_another_store(folder, tmp_path, store, far):
    fs, root = store
    upload(folder, fs, root)
    source = f"{root}/in" if far == "in" else str(folder)
    output = f"{root}/out" if far == "out" else str(tmp_path / "out")
    assert len(color(source, output, kinds=["regions", "flats"]).done) == 2
    if far == "out":  # as a person fetches it to work on it
        fs.get(f"{root}/out", str(tmp_path / "out"), recursive=True)
    path = tmp_path / "out" / "ep(1)" / "線.regions.json"
    record = json.loads(path.read_text("utf-8"))
    assert record["line"] == f"{url_of(mirror(source))}/ep(1)/線.png"
    assert regions.read(path).line.shape == (96, 96, 3)
    record["regions"]["1"]["colour"] = "#0102ff"
    path.write_text(json.dumps(record), "utf-8")
    job = next(job for job in export.find_pages(tmp_path / "out") if job.path == path)
    assert export.export_page(job, None, overwrite=False)
    assert regions.read(path).colors[1].tolist() == [1, 2, 255]
    fs.rm(f"{root}/in", recursive=True)
    shutil.rmtree(folder)
    with pytest.raises(ValueError, match="write there where the line art is now"):
        regions.read(path)


def test_a_job_that_was_cut_while_storing_goes_on(folder, store, monkeypatch):
    fs, root = store
    upload(folder, fs, root)
    color(f"{root}/in", f"{root}/whole")
    put, names = type(fs).put_file, []

    class Killed(BaseException):
        pass

    def dies(self, local, remote, **options):
        names.append(remote)
        if remote.endswith(".psd"):
            raise Killed
        put(self, local, remote, **options)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(type(fs), "put_file", dies)
        color(f"{root}/in", f"{root}/out")
    assert names[0].endswith(".json") and any(name.endswith(".flats.png") for name in names)
    report = color(f"{root}/in", f"{root}/out")
    assert not report.failed and len(report.done) == 2
    assert stored(fs, f"{root}/out") == stored(fs, f"{root}/whole")


def test_what_others_made_stays_and_faults_name_the_store(folder, store):
    fs, root = store
    upload(folder, fs, root)
    fs.pipe_file(f"{root}/out/얼굴.flats.png", b"a week of work")
    fs.pipe_file(f"{root}/in/empty.png", b"")
    report = color(f"{root}/in", f"{root}/out")
    place = f"memory/{root.removeprefix('memory://')}"
    assert f"{place}/out/얼굴.flats.png exists" in report.failed["얼굴.png"]
    assert report.failed["empty.png"].startswith(f"{place}/in/empty.png: ")
    assert fs.cat_file(f"{root}/out/얼굴.flats.png") == b"a week of work"


def test_results_are_no_input(folder, store):
    fs, root = store
    upload(folder, fs, root)
    color(f"{root}/in", f"{root}/in/out")
    color(f"{root}/in", f"{root}/in/other", kinds=["flats"])
    assert len(find_staged(f"{root}/in", f"{root}/in/third")) == 2
    with pytest.raises(ValueError, match="holds no"):
        find_staged(f"{root}/in/out", f"{root}/x")
    with pytest.raises(FileNotFoundError, match="none does not exist"):
        find_staged(f"{root}/none", f"{root}/x")
    with pytest.raises(ValueError, match="output is the input"):
        find_staged(f"{root}/in", f"{root}/in/")


def test_a_review_is_gathered_from_a_store(folder, store):
    fs, root = store
    upload(folder, fs, root)
    color(f"{root}/in", f"{root}/out")
    rows = review.rows(f"{root}/out")
    assert {row.name for row in rows} == {"얼굴.png", "ep(1)/線.png"}
    assert all(0 <= row.sure <= 1 and row.painted == 3 for row in rows)
    with landing(f"{root}/out") as place:
        (place / "result.json").write_text("{}")
    assert json.loads(fs.cat_file(f"{root}/out/result.json")) == {}


def test_places_and_their_urls():
    assert url_of(mirror("memory://x/y")) == "memory://x/y"
    assert url_of(mirror("/tmp/그림")) == "file:///tmp/그림"
    assert url_of(Path("s3", "bucket", "a b", "그림")) == "s3://bucket/a b/그림"

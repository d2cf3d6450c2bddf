"""1,000 files that mean harm or cannot be read, a full disk, outputs that cannot be written."""

import resource
from functools import partial

import pytest

from colorrl import parallel
from colorrl.errors import UserError
from colorrl.export import memory
from colorrl.export.jobs import find_jobs
from tests.coloring import HashGenerator, run, save
from tests.hostile import fill
from tests.regions.drawings import draw

KINDS = ["flats", "composite", "regions", "psd", "ora", "thumbnail"]


def everything(folder):
    return {p: p.lstat().st_mtime_ns for p in folder.rglob("*") if not p.is_dir()}


def check(tmp_path, n, **options):
    source, output = tmp_path / "그림", tmp_path / "deep" / "out"
    n_bad = fill(source, n)
    save(source / "좋은.png")
    before = everything(tmp_path)
    report = run(source, output, kinds=["flats", "regions"], **options)
    after = everything(tmp_path)

    assert len(report.done) + len(report.failed) == n + 1 == len(find_jobs(source, output))
    # every hostile file failed; of damaged pictures some can still be read
    assert len(report.failed) >= n_bad and "좋은.png" in report.done
    for page, reason in report.failed.items():
        said = reason.replace(str(tmp_path), "")
        assert 10 < len(said) < 300 and "unexpected" not in said, (page, said)
        assert reason.isprintable() and page.isprintable()
    # nothing outside of the output, nothing of a page that failed, nothing half-written
    new = {p for p in after.keys() - before.keys() if output not in p.parents}
    assert not new and all(after[p] == before[p] for p in before)
    assert not list(output.rglob("*.part"))
    assert len(list(output.rglob("*.flats.png"))) == len(report.done)
    return report


def test_every_hostile_file_gets_one_clear_line(tmp_path):
    check(tmp_path, 61)


def test_they_hang_no_scheduler_of_processes(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "START", "fork")  # without the imports of another start
    options = {"cost": memory.need, "ahead": memory.read_ahead, "budget": 1e9, "module": ""}
    check(tmp_path, 61, spread=partial(parallel.in_processes, workers=2, **options))


@pytest.mark.slow
def test_a_thousand_hostile_files_get_one_clear_line_each(tmp_path):
    check(tmp_path, 1000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_leaves_no_half_file(tmp_path, kind):
    source, output = tmp_path / "in", tmp_path / "out"
    save(source / "a.png", draw("nested", 400, 3))
    # states fit, pictures do not; a disk that is full says the same with another number
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, limit[1]))
    try:
        report = run(source, output, kinds=[kind])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert "a.png" in report.failed and str(output) in report.failed["a.png"]
    made = [p for p in output.rglob("*") if p.is_file() and ".colorize" not in p.parts]
    assert not list(output.rglob("*.part"))
    again = run(source, output, kinds=[kind])
    assert list(again.done) == ["a.png"], again.failed
    assert all(p.stat().st_size for p in made)


@pytest.mark.parametrize("place", ["a file/out", "proc"])
def test_an_output_that_cannot_be_written_is_refused_before_a_page_is_colored(tmp_path, place):
    save(tmp_path / "in" / "a.png")
    save(tmp_path / "in" / "b.png")
    (tmp_path / "a file").touch()
    output = tmp_path / place if place != "proc" else type(tmp_path)("/proc/out")
    generator = HashGenerator()
    with pytest.raises(UserError, match=f"nothing can be written to {output}"):
        run(tmp_path / "in", output, generator=generator)
    assert generator.calls == 0


def test_a_fault_of_ours_costs_one_page(tmp_path):
    save(tmp_path / "in" / "a.png")
    save(tmp_path / "in" / "b.png", mode="RGB")

    class Wrong(HashGenerator):
        def sample(self, sketch, seeds, n_steps=None):
            if self.calls == 0:
                self.calls += 1
                raise KeyError("of ours")
            return super().sample(sketch, seeds, n_steps)

    report = run(tmp_path / "in", tmp_path / "out", generator=Wrong())
    assert len(report.done) == 1
    assert report.failed["a.png"].startswith("unexpected KeyError: 'of ours' (")

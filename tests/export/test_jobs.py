import pytest

from colorrl.export.jobs import find_jobs
from colorrl.export.journal import NAME


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_the_tree_is_kept(tmp_path):
    source, output = tmp_path / "그림", tmp_path / "out"
    touch(source, "2.PNG", "1화/ep(1).png", "1화/사진.jpeg", "b.webp", "notes.txt", ".hidden.png")
    jobs = find_jobs(source, output)
    assert [job.page for job in jobs] == ["1화/ep(1).png", "1화/사진.jpeg", "2.PNG", "b.webp"]
    assert jobs[0].stem == output / "1화" / "ep(1)"
    assert jobs[1].stem == output / "1화" / "사진.jpeg"


def test_sketches_that_differ_in_suffix_alone_do_not_meet(tmp_path):
    touch(tmp_path / "in", "a.png", "a.jpg", "a.webp", "a.PNG", "a.jpg.png")
    jobs = find_jobs(tmp_path / "in", tmp_path / "out")
    assert len({str(job.stem).casefold() for job in jobs}) == 5


def test_results_are_no_input(tmp_path):
    touch(tmp_path, "a.png", "out/a.flats.png", "before/a.flats.png", f"before/{NAME}")
    assert [job.page for job in find_jobs(tmp_path, tmp_path / "out")] == ["a.png"]


def test_a_single_file(tmp_path):
    touch(tmp_path, "a.png", "b.png")
    (job,) = find_jobs(tmp_path / "b.png", tmp_path / "out")
    assert job.page == "b.png" and job.stem == tmp_path / "out" / "b"


def test_faults_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent does not exist"):
        find_jobs(tmp_path / "absent", tmp_path / "out")
    with pytest.raises(ValueError, match="holds no"):
        find_jobs(tmp_path, tmp_path / "out")
    with pytest.raises(ValueError, match="output is the input"):
        find_jobs(tmp_path, tmp_path)

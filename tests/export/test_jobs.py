import unicodedata

import pytest

from colorrl.export import journal
from colorrl.export.jobs import find_jobs, in_shard, job_of
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


def test_what_looks_like_a_page_and_cannot_be_read_is_logged(tmp_path, caplog):
    touch(tmp_path, "a.png", "b.bmp", "1화/선화.clip", "c.CLIP", "d.heic", "notes.txt", "e.json")
    assert [job.page for job in find_jobs(tmp_path, tmp_path / "out")] == ["a.png", "b.bmp"]
    assert [r.message for r in caplog.records] == [
        "2 .clip, 1 .heic: left out, save them as PNG or PSD to have them coloured"
    ]


def test_results_are_no_input(tmp_path):
    touch(tmp_path, "a.png", "out/a.flats.png", "before/a.flats.png", f"before/{NAME}")
    assert [job.page for job in find_jobs(tmp_path, tmp_path / "out")] == ["a.png"]


def test_results_in_the_input_itself_are_no_input(tmp_path, caplog):
    """Seen to be coloured, composites, region ids and all."""
    touch(tmp_path, "a.png", "a.flats.png", "1화/b.psd", "a.hints.jpg")
    for page, made in (("a.png", "a.flats.png"), ("1화/b.png", "1화/b.psd")):
        journal.note(tmp_path, journal.Entry(page, "", "", {made: "sha"}))
    assert [job.page for job in find_jobs(tmp_path, tmp_path / "out")] == ["a.png"]
    assert "a.hints.jpg: left out, hints are .hints.png" in caplog.text
    (tmp_path / "a.png").unlink()
    with pytest.raises(ValueError, match="but for what colorrl wrote there"):
        find_jobs(tmp_path, tmp_path / "out")


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


def test_shards_are_a_partition_that_new_pages_do_not_move(tmp_path):
    jobs = [job_of(f"1화/{i}.png", tmp_path / f"{i}.png", tmp_path / "out") for i in range(200)]
    parts = [in_shard(jobs, f"{i}/4") for i in range(1, 5)]
    assert sorted(job.page for part in parts for job in part) == sorted(j.page for j in jobs)
    assert all(30 < len(part) < 70 for part in parts)
    assert in_shard(jobs[50:], "1/4") == [job for job in parts[0] if job in jobs[50:]]


def test_shards_do_not_depend_on_how_letters_are_composed(tmp_path):
    composed, apart = (unicodedata.normalize(form, "선화가.png") for form in ("NFC", "NFD"))
    assert composed != apart
    jobs = [job_of(name, tmp_path, tmp_path) for name in (composed, apart)]
    shares = [len(in_shard(jobs, f"{i}/97")) for i in range(1, 98)]
    assert shares.count(2) == 1 and sum(shares) == 2


@pytest.mark.parametrize("shard", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4"])
def test_what_is_no_shard_is_named(shard):
    with pytest.raises(ValueError, match=f"shard={shard}: give part"):
        in_shard([], shard)


def test_a_linked_folder_is_said(tmp_path, caplog):
    touch(tmp_path / "in", "a.png")
    touch(tmp_path / "there", "b.png")
    (tmp_path / "in" / "링크").symlink_to(tmp_path / "there", target_is_directory=True)
    assert [job.page for job in find_jobs(tmp_path / "in", tmp_path / "out")] == ["a.png"]
    assert "링크: left out, a link to a folder" in caplog.text

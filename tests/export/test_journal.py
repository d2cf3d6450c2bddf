from dataclasses import replace

import pytest

from colorrl.export.journal import (
    Conflict,
    Entry,
    file_sha,
    finished,
    is_current,
    is_done,
    note,
    read,
    started,
    state_file,
)

NOW = Entry("만화/1.png", "input", "settings", None)


@pytest.fixture
def made(tmp_path):
    """An output folder with both files of a finished page."""
    files = [tmp_path / "1.flats.png", tmp_path / "1.composite.png"]
    for file in files:
        file.write_bytes(file.name.encode())
    done = replace(NOW, made={file.name: file_sha(file) for file in files})
    return tmp_path, files, done


def test_the_last_entry_of_a_page_counts(tmp_path):
    note(tmp_path, NOW)
    note(tmp_path, replace(NOW, made={"a": "b"}))
    note(tmp_path, replace(NOW, page="2.png"))
    assert read(tmp_path, NOW.page) == replace(NOW, made={"a": "b"})
    assert read(tmp_path, "2.png") == replace(NOW, page="2.png")


def test_a_damaged_state_is_lost_alone(tmp_path):
    note(tmp_path, NOW)
    note(tmp_path, replace(NOW, page="2.png"))
    state_file(tmp_path, "2.png").write_text('{"page": "2.p')
    assert read(tmp_path, "2.png") is None and read(tmp_path, NOW.page) == NOW


def test_no_journal(tmp_path):
    assert read(tmp_path, "1.png") is None


def test_a_finished_page_is_done(made):
    folder, files, done = made
    assert is_done(folder, files, done, NOW, overwrite=False)
    assert is_done(folder, files, done, NOW, overwrite=True)


def test_a_page_without_files_or_cut_short_is_not_done(made):
    folder, files, done = made
    assert not is_done(folder, [folder / "2.flats.png"], None, NOW, overwrite=False)
    assert not is_done(folder, files, NOW, NOW, overwrite=False)
    files[0].unlink()
    assert not is_done(folder, files, done, NOW, overwrite=False)


def test_work_by_hand_stays_without_overwrite(made):
    folder, files, done = made
    files[0].write_bytes(b"retouched")
    assert is_done(folder, files, done, NOW, overwrite=False)
    assert not is_done(folder, files, done, NOW, overwrite=True)
    files[1].unlink()
    with pytest.raises(Conflict, match="changed by hand"):
        is_done(folder, files, done, NOW, overwrite=False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (None, "not made by colorrl"),
        ({"settings": "other"}, "other settings"),
        ({"input_sha": "other"}, "earlier version"),
    ],
)
def test_files_of_another_origin_are_refused(made, change, reason):
    folder, files, done = made
    before = None if change is None else replace(done, **change)
    with pytest.raises(Conflict, match=reason):
        is_done(folder, files, before, NOW, overwrite=False)
    assert not is_done(folder, files, before, NOW, overwrite=True)


def test_a_run_that_was_cut_short_forgets_nothing_of_the_one_before(made):
    folder, files, done = made
    psd = folder / "1.psd"
    cut = started(folder, [psd], done, NOW)
    psd.write_bytes(b"whole, but not noted")
    assert not is_done(folder, [psd], cut, NOW, overwrite=False)
    assert not is_done(folder, [*files, psd], cut, NOW, overwrite=False)
    assert is_done(folder, files, cut, NOW, overwrite=False)
    files[0].write_bytes(b"retouched")
    with pytest.raises(Conflict, match="changed by hand"):
        is_done(folder, [*files, psd], cut, NOW, overwrite=False)
    assert not is_current(folder, [psd], cut)
    whole = finished(folder, [psd], cut, NOW)
    assert is_current(folder, [psd, files[1]], whole) and not is_current(folder, files, whole)


def test_what_another_origin_made_is_not_joined(made):
    folder, files, done = made
    other = replace(done, settings="other")
    assert finished(folder, files[:1], other, NOW).made.keys() == {files[0].name}

import pytest

from colorrl.export.draft import draft


def test_files_are_complete_or_absent(tmp_path):
    path = tmp_path / "깊은 곳" / "a.png"
    with draft(path) as part:
        part.write_bytes(b"whole")
        assert not path.exists()
    with pytest.raises(OSError, match="no space"), draft(path) as part:
        part.write_bytes(b"half")
        raise OSError("no space left on device")
    assert path.read_bytes() == b"whole" and len(list(path.parent.iterdir())) == 1

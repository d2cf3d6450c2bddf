import shutil
from pathlib import Path

import pytest

from colorrl.data.sets.npm_package import NpmPackage
from tests.data.hands import HAND, ICONS, write_package


def package(folder, given=False, version="1.0.0"):
    return NpmPackage("@hands/손", version, folder, given)


def test_a_package_that_is_there_is_read_without_npm(tmp_path, monkeypatch):
    """Seen to fail with npm asked first."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    write_package(tmp_path / "日本語", HAND, ICONS, {})
    read = package(tmp_path / "日本語").json("icons.json")
    assert list(read["icons"]) == list(ICONS)


def test_without_npm_the_remedy_is_named(tmp_path, monkeypatch):
    """Seen to fail without the check, with an error about a file named None."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"npm, which is not installed; .*data\.source="):
        package(tmp_path).ready()
    with pytest.raises(FileNotFoundError, match=r"npm pack @hands/손@1\.0\.0"):
        package(tmp_path, given=True).ready()


def test_npm_that_fails_leaves_nothing_and_says_why(tmp_path, monkeypatch):
    """Seen to fail with the exit status ignored, and with npm's last line, which names its log."""
    npm = tmp_path / "npm"
    said = "no such package\nnpm error A complete log of this run can be found in: a.log"
    npm.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(npm))
    with pytest.raises(FileNotFoundError, match=r"failed \(no such package\)"):
        package(tmp_path / "cache").ready()
    assert not list((tmp_path / "cache").iterdir())


def test_npm_packs_a_package_once(tmp_path, monkeypatch):
    """Into a folder named from here, as data.root is.

    Seen to fail with the file left in npm's folder, and with npm sent to the relative folder from
    within it.
    """
    monkeypatch.chdir(tmp_path)
    made = write_package(tmp_path / "made", HAND, ICONS, {})
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\nls *.tgz 2>/dev/null && exit 1\ncp "{made}" "${{4:-.}}"\n', "utf-8")
    npm.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(npm))
    assert package(Path("캐시")).ready() == package(Path("캐시")).ready()
    assert [p.name for p in (tmp_path / "캐시").iterdir()] == [made.name]


def test_a_file_of_another_package_is_refused(tmp_path):
    """Seen to fail without reading package.json."""
    path = write_package(tmp_path, HAND, ICONS, {})
    path.rename(package(tmp_path, version="1.0.1").file)
    with pytest.raises(ValueError, match=r"it holds @hands/손@1\.0\.0, not @hands/손@1\.0\.1"):
        package(tmp_path, version="1.0.1").json("icons.json")
    package(tmp_path, version="1.0.1").file.write_bytes(b"half a file")
    with pytest.raises(ValueError, match="not that package"):
        package(tmp_path, version="1.0.1").text("icons.json")

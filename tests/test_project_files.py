"""Files that people and tools look for say the same as the package."""

from pathlib import Path

import yaml

import colorrl

ROOT = Path(__file__).parents[1]


def test_the_citation_has_the_version():
    cited = yaml.safe_load((ROOT / ".github/CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == colorrl.__version__ and cited["license"] == "Apache-2.0"
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()


def test_hooks_before_a_commit_are_what_make_runs():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"].removeprefix(".venv/bin/") for hook in config["repos"][0]["hooks"]]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert entries and all(f"$(BIN)/{entry}" in makefile for entry in entries)


def test_the_package_is_typed():
    assert (ROOT / "colorrl/py.typed").is_file()

"""The table of pitfalls in tests/README.md: whole, and each of its tests seen to fail."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROWS = re.findall(r"^\| (\d+) \|[^|]*\|(.*)\|$", (TESTS / "README.md").read_text("utf-8"), re.M)


def test_all_thirty_are_there():
    assert [int(number) for number, _ in ROWS] == list(range(1, 31))


@pytest.mark.parametrize(("number", "cell"), ROWS)
def test_each_has_tests_that_were_seen_to_fail(number, cell):
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", cell)
    assert named
    for file, name in named:
        body = ast.parse((TESTS / file).read_text("utf-8")).body
        (found,) = [f for f in body if isinstance(f, ast.FunctionDef) and f.name == name]
        doc = " ".join((ast.get_docstring(found) or "").split())
        assert "een to fail" in doc, f"{file}::{name}"

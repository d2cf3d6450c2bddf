"""Raw values reach the configuration as they were typed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from colorrl.cli.quoting import quote, quoted
from colorrl.errors import UserError


@dataclass(frozen=True, slots=True)
class Schema:
    input: Path
    palette: str | list[str] | None
    seed: int
    policy: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Many:
    input: list[Path]


def test_a_key_written_as_a_flag_is_refused():
    for flag in ("--input=a", "--policy.path=a", "--seed"):
        with pytest.raises(UserError, match="keys have no dashes, write"):
            quote([flag], Schema)
    assert quote(["--cfg", "job"], Schema) == ["--cfg", "job"]


def read(arg: str, *more: str) -> Any:
    """The value that Hydra reads from one quoted argument."""
    return OverridesParser.create().parse_override(quote([arg, *more], Schema)[0]).value()


RAW = (
    "그림;線画/一;ep(1);/a b/c,d;#ff0000;#ff0000,#00ff00;[그룹] 제목;a=b;{x};it's;C:\\dir\\;tail\\'"
)
RAW += ';say "hi"; lead;1;true;a:b;한글 이름!?;~x'


@pytest.mark.parametrize("raw", RAW.split(";"))
def test_raw_text_survives(raw):
    assert read(f"input={raw}") == raw
    assert read(f"policy.path={raw}") == raw
    assert read(f"data.reader.colours={raw}") == raw


@given(st.text(st.characters(exclude_characters="\0\n\r"), min_size=1))
def test_any_text_survives_quoting(text):
    assert OverridesParser.create().parse_override(f"input={quoted(text)}").value() == text


@pytest.mark.parametrize(
    ("arg", "value"),
    [
        ("palette=null", None),
        ("palette='a,b'", "a,b"),
        ('palette="a b"', "a b"),
        ("palette=[#ff0000, 그림]", ["#ff0000", "그림"]),
        ("palette=['a,b',c]", ["a,b", "c"]),
        ("seed=3", 3),
    ],
)
def test_values_with_a_form_keep_it(arg, value):
    assert read(arg) == value


def test_bare_folders_become_input():
    made = quote(["runs/a", "--cfg", "job", "ep(1)", "seed=1"], Many)
    assert made == ["seed=1", "input=['runs/a','ep(1)']", "--cfg", "job"]
    assert quote(["그림"], Schema) == ["input='그림'"]


def test_a_sweep_keeps_its_commas():
    made = quote(["-m", "input=a,ep(1)", "seed=0,1"], Schema)
    assert made == ["input='a','ep(1)'", "seed=0,1", "-m"]
    assert quote(["-m", "input=choice(a,b)"], Schema) == ["input=choice(a,b)", "-m"]

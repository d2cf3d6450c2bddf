"""Types are kept and every fault is named."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from colorrl.config.typed import Range, build, near_miss


@dataclass(frozen=True, slots=True)
class Inner:
    size: int
    root: Path


@dataclass(frozen=True, slots=True)
class Outer:
    inner: Inner
    rate: float
    mode: Literal["image", "region"]
    names: list[str] | None
    pair: tuple[int, ...]
    spec: dict[str, Any]
    on: bool
    count: Annotated[int, Range(1)] | None
    share: Annotated[float, Range(0, 1)]
    step: Annotated[float, Range(0, without_least=True)]
    weight: dict[str, Annotated[float, Range(0, without_least=True)]] | None
    colors: str | list[str] | None


GOOD = {
    "inner": {"size": 3, "root": "그림"},
    "rate": 1,
    "mode": "image",
    "names": None,
    "pair": [1, 2],
    "spec": {"_target_": "x", "deep": {"a": 1}},
    "on": True,
    "count": 1,
    "share": 0,
    "step": 0.1,
    "weight": {"가": 1},
    "colors": ["a"],
}


def test_values_become_what_the_fields_say():
    made = build(Outer, GOOD)
    assert made.inner == Inner(3, Path("그림"))
    assert made.rate == 1.0 and isinstance(made.rate, float)
    assert made.names is None and made.pair == (1, 2) and made.spec["deep"] == {"a": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rat": 1}, "unknown key 'rat'; did you mean 'rate'"),
        ({"inner": {"siz": 1}}, r"unknown key 'inner.siz'; did you mean 'size'"),
        ({"inner": {"size": 1}}, "key 'inner.root' is missing"),
        ({"inner": 3}, "inner must be group of keys, not 3"),
        ({"inner": {"size": True, "root": "a"}}, "inner.size must be int, not True"),
        ({"inner": {"size": 1.5, "root": "a"}}, "inner.size must be int"),
        ({"rate": "fast"}, r"rate must be float, not 'fast' \(str\)"),
        ({"count": 0}, "count=0 must be at least 1$"),
        ({"count": 1.5}, "count must be int"),
        ({"share": 1.1}, r"share=1\.1 must be at least 0 and at most 1"),
        ({"share": -0.1}, r"share=-0\.1 must be at least 0"),
        ({"share": math.nan}, "share=nan must be"),
        ({"step": math.inf}, "step=inf must be"),
        ({"step": 0}, r"step=0\.0 must be above 0"),
        ({"weight": {"가": 0}}, r"weight\.가=0\.0 must be above 0"),
        ({"rate": None}, "rate must be float, not null"),
        ({"mode": "regoin"}, "mode=regoin is none of image, region; did you mean 'region'"),
        ({"names": "a"}, r"names takes a list: write names=\[a\]"),
        ({"names": [1]}, r"names\[0\] must be str"),
        ({"on": 1}, "on must be bool"),
        ({"colors": 3}, r"colors must be str \| list\[str\] \| null, not 3 \(int\)"),
        ({"inner": {"size": 1, "root": ""}}, "inner.root is empty: give a path"),
    ],
)
def test_faults_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        build(Outer, GOOD | change)


def test_near_miss_sees_the_last_part_of_a_dotted_key():
    known = ["learn.clip_range", "data.size", "data"]
    assert "learn.clip_range" in near_miss("lrn.clip_rnage", known)
    assert "data.size" in near_miss("size", known)
    assert near_miss("zzz", known) == ""

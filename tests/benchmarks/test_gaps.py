"""The suite end to end on three small drawings."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from colorrl.benchmarks import gaps
from colorrl.benchmarks.drawings import Name, Subject, load
from colorrl.benchmarks.gaps import Condition, GapSuite, inked
from colorrl.benchmarks.peers import closing, connected
from colorrl.config.schema.bench import BenchConfig
from colorrl.data.procedural.inking import PLAIN
from colorrl.errors import UserError
from colorrl.scripts import bench
from tests.data.svgs import prepare_config

STYLE = replace(PLAIN, antialias=False, gaps=2, longest=8)
CONDITIONS = {
    "gap_0": Condition("closed", STYLE, every=1, open=False),
    "gap_8": Condition("closed", replace(STYLE, gap=8), every=1, open=False),
    "second": Condition("apart", replace(STYLE, gap=8), every=2, open=False),
    "open": Condition("open", STYLE, every=1, open=True),
}


@pytest.fixture
def suite(tmp_path) -> GapSuite:
    (tmp_path / "manifest.jsonl").write_text("")
    return GapSuite(
        name="gaps",
        split="test",
        manifest=tmp_path / "manifest.jsonl",
        size=256,
        openmoji=5,
        procedural=3,
        conditions=CONDITIONS,
        methods={"connected": connected, "closing": partial(closing, radius=4)},
        only=None,
        limit=None,
        workers=1,
        seed=0,
    )


def test_figures_of_a_small_run(suite):
    report = suite()
    assert report.values["bench/gap_0/drawings"] == 3
    assert report.values["bench/second/drawings"] == 2
    assert not any("open/" in name for name in report.values)
    # without gaps connected components are the truth itself; with them they cannot be
    assert report.values["bench/gap_0/connected/are"] == 0
    assert report.values["bench/gap_0/connected/matched"] == 1
    assert report.values["bench/gap_8/connected/voi_merge"] > 0.01
    assert report.values["bench/gap_8/connected/voi_split"] == pytest.approx(0, abs=1e-12)
    assert "## closed" in report.markdown and not report.failures


def test_the_same_seed_gives_the_same_figures_and_only_picks_methods(suite):
    first, second = suite().values, replace(suite, only=["connected"])().values
    kept = {k: v for k, v in second.items() if "/ms" not in k}
    assert kept == {k: first[k] for k in kept} and len(kept) > 10
    assert not any("closing" in name for name in second)


def test_gaps_lie_at_the_same_places_at_every_length(suite):
    subject = load(Name("procedural", "5"), 256)
    short, long = (inked(subject, replace(STYLE, gap=gap), 0)[0] for gap in (4, 8))
    whole, label = inked(subject, STYLE, 0)
    assert ((short - whole) > 0).sum() > 0
    assert (long >= short).all() and (long > short).any()
    assert np.array_equal(label, inked(subject, replace(STYLE, gap=8), 0)[1])
    assert not np.array_equal(long, inked(subject, replace(STYLE, gap=8), 1)[0])


def test_a_drawing_without_room_for_its_gaps_is_left_out():
    blank = Subject(Name("procedural", "0"), np.zeros((64, 64), np.float32))
    assert inked(blank, STYLE, 0) is None


def test_a_method_whose_program_is_missing_is_skipped_and_listed(suite):
    def absent(line):
        raise FileNotFoundError("no such program")

    report = replace(suite, methods=dict(suite.methods) | {"absent": absent})()
    assert report.markdown.startswith("absent: not installed here, skipped")
    assert report.values["bench/gap_0/connected/are"] == 0


def test_what_cannot_be_run_is_refused(suite, tmp_path):
    with pytest.raises(UserError, match=r"methods=conected is none of.*did you mean 'connected'"):
        replace(suite, only=["conected"])()
    with pytest.raises(UserError, match="limit=0"):
        replace(suite, limit=0)()
    with pytest.raises(UserError, match="colorrl prepare"):
        replace(suite, manifest=tmp_path / "없음.jsonl")()


def test_the_verb_writes_table_and_figures(suite, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "instantiate", lambda *_, **__: replace(suite, procedural=1))
    data = replace(prepare_config(tmp_path).data, name="openmoji")
    cfg = BenchConfig(0, tmp_path / "결과", 1, None, None, data, {"name": "gaps", "only": None})
    bench.main(cfg)
    result = json.loads((cfg.output / "result.json").read_text(encoding="utf-8"))
    assert result["bench/gap_0/connected/are"] == 0 and {"command", "commit"} <= result.keys()
    assert (cfg.output / "table.md").read_text(encoding="utf-8") in capsys.readouterr().out


def test_the_verb_fails_where_a_suite_does(suite, tmp_path, monkeypatch):
    report = gaps.Report({"bench/n": 1}, "| |\n", ("3 of 10 crashed",))
    monkeypatch.setattr(bench, "instantiate", lambda *_, **__: lambda: report)
    data = replace(prepare_config(tmp_path).data, name="openmoji")
    cfg = BenchConfig(0, tmp_path, 1, None, None, data, {"name": "fuzz"})
    with pytest.raises(UserError, match="3 of 10 crashed"):
        bench.main(cfg)
    assert (tmp_path / "result.json").is_file()  # what was measured is not lost
    with pytest.raises(UserError, match="suite=fuzz compares no methods"):
        bench.main(replace(cfg, methods=["ours"]))

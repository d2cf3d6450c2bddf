"""The table on the terminal, in Markdown and as CSV."""

import csv
import io

import pytest

from colorrl.report import table
from colorrl.report.groups import gather
from tests.report.test_groups import run


def groups():
    first = [
        run("기준선", s, result={"reward/total": 0.3 + 0.1 * s, "gold/a": 1.0}) for s in (0, 1)
    ]
    second = [run("b", s, result={"reward/total": 0.4 + 0.1 * s, "time/x": 9.0}) for s in (0, 1)]
    return gather([*first, *second])


def test_metrics_that_judge_come_first():
    assert table.headline_metrics(groups()) == ["reward/total", "gold/a"]
    names = ["policy/kl", "eval/reward_palette", "eval/reward_before", "eval/reward_gain"]
    names += ["eval/leak_gain", "gold/a_before", "gold/a_gain", "eval/leak_after", "eval/reward"]
    group = gather([run(result=dict.fromkeys(names, 1.0))])
    shown = ["eval/reward_gain", "eval/reward", "gold/a_gain", "eval/leak"]
    assert table.headline_metrics(group) == shown


def test_without_such_metrics_all_are_shown():
    assert table.headline_metrics(gather([run(result={"x": 1.0})])) == ["x"]


def test_cells_show_spread_and_the_paired_step():
    row = table.rows(groups(), ["reward/total", "gold/a"])
    assert row[0] == ["reward/total", "0.3500 ± 0.6353", "0.4500 ± 0.6353  (+0.1 ± 0.0000)"]
    assert row[1] == ["gold/a", "1.0000 ± 0.0000", "–"]


def test_columns_line_up_for_wide_letters():
    text = table.text(["metric", "기준선"], [["a", "1"], ["한글", "2"]])
    assert text.splitlines() == ["metric  기준선", "──────  ──────", "a       1", "한글    2"]


def test_markdown_keeps_its_columns():
    text = table.markdown(["a|b", "d"], [["c", "1"]])
    assert text == "| a/b | d |\n| --- | --: |\n| c | 1 |\n"


def test_csv_has_every_metric_in_full():
    rows = list(csv.DictReader(io.StringIO(table.comma_separated(groups()))))
    picked = {(r["metric"], r["group"]): r for r in rows}
    assert set(picked) == {
        ("reward/total", "기준선"),
        ("gold/a", "기준선"),
        ("reward/total", "b"),
        ("time/x", "b"),
    }
    # a difference of two decimal fractions: exact to a rounding of doubles
    assert float(picked["reward/total", "b"]["difference"]) == pytest.approx(0.1, abs=1e-12)
    assert picked["reward/total", "기준선"]["difference"] == ""

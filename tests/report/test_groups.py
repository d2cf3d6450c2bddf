"""Means, spreads and labels over seeds."""

import math
from pathlib import Path

import pytest
from scipy import stats

from colorrl.config.compose import hash_of
from colorrl.errors import UserError
from colorrl.report.groups import differences, gather, paired, summarize
from colorrl.report.table import heading
from colorrl.run.folder import RunFolder


def run(name="train", seed=0, credit="image", curves=None, result=None) -> RunFolder:
    config = {"name": name, "seed": seed, "learn": {"credit": credit, "lr": 1e-5}}
    path = Path(name) / str(seed)
    return RunFolder(path, name, hash_of(config), seed, config, curves or {}, result or {}, {})


def test_summary_agrees_with_scipy():
    values = [0.31, 0.36, 0.33, 0.40]
    made = summarize(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert made.mean - made.ci95 == pytest.approx(low, rel=1e-12)
    assert made.mean + made.ci95 == pytest.approx(high, rel=1e-12)
    assert made.std == pytest.approx(stats.tstd(values), rel=1e-12) and made.n == 4
    assert math.isnan(summarize([1.0]).ci95)


def test_seeds_of_one_configuration_are_one_group():
    groups = gather([run(seed=2), run(seed=0, credit="region"), run(seed=1)])
    assert [[r.seed for r in g.runs] for g in groups] == [[1, 2], [0]]
    assert [g.label for g in groups] == ["train credit=image", "train credit=region"]
    assert [g.label for g in gather([run(), run("other")])] == ["train", "other"]


def test_columns_name_the_verb_where_verbs_differ():
    pretrained = RunFolder(Path("p"), "b", "p", 0, {"name": "b", "entry_weight": 1}, {}, {}, {})
    groups = gather([run(), run(seed=1), pretrained])
    assert heading(groups) == ["metric", "train (train, 2 seeds)", "b (pretrain, 1 seed)"]
    assert heading(groups[:1])[1] == "train (2 seeds)"


def test_a_budget_makes_no_other_group():
    def of(minutes, seed):
        config = {"name": "a", "seed": seed, "trainer": {"budget_minutes": minutes}}
        return RunFolder(Path(str(seed)), "a", hash_of(config), seed, config, {}, {}, {})

    assert len(gather([of(None, 0), of(3.0, 1)])) == 1
    assert differences([of(None, 0), of(3.0, 1)]) == {}
    with pytest.raises(UserError, match="one configuration and seed"):
        gather([of(None, 0), of(3.0, 0)])  # one of them would go unseen


def test_differences_leave_out_what_is_the_same():
    assert differences([run(), run(seed=1, credit="mix")]) == {"learn.credit": ["image", "mix"]}


def test_final_figures_come_from_the_result_then_from_the_last_tenth():
    x = [float(i) for i in range(1, 101)]
    curves = {"reward/total": (x, x), "gold/a": ([1.0], [5.0]), "step": (x, x)}
    made = gather([run(curves=curves, result={"gold/a": 7, "seed": 3, "note": "b"})])[0].figures
    assert made["reward/total"].mean == 95.0  # of 90..100
    assert made["gold/a"].mean == 7.0
    assert set(made) == {"reward/total", "gold/a"}


def test_paired_steps_use_shared_seeds():
    first = [run(seed=s, result={"m": 0.1 * s}) for s in (0, 1, 2)]
    second = [run(seed=s, credit="mix", result={"m": 0.1 * s + 0.5}) for s in (2, 1, 7)]
    one, two = gather([*first, *second])
    step = paired(two, one, "m")
    assert (
        step.n == 2 and step.mean == pytest.approx(0.5) and step.ci95 == pytest.approx(0, abs=1e-9)
    )
    assert paired(two, one, "absent") is None

"""The verb, from a prepared set to its reports."""

import csv
import json
from dataclasses import replace

import pytest

from colorrl.errors import UserError
from colorrl.scripts.q_learning import main
from tests.tiny import composed

WORDS = [
    "n_seeds=2", "limit=3", "held_out_limit=2", "learner.rounds=4", "learner.games=8",
    "learner.measure_every=2", "grid.function=[table,linear]", "grid.n_step=[null,1]",
]  # fmt: skip


def config(root, output, *words):
    place = [f"data.root='{root}'", "data.name='작은 세트'", f"output='{output}'"]
    return composed("q_learning", *place, *WORDS, *words)


def test_reports_hold_every_cell_and_seed(run_inputs, tmp_path):
    main(config(run_inputs, tmp_path))
    result = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert len(result["cells"]) == 4 and result["seed"] == [0, 1]
    assert result["cells"]["table | 1-step | replay | copy"]["held_out_lost"] is None
    assert len(result["drawings"]["ids"]) == 3 and 0 < result["drawings"]["best_total"] <= 1
    with (tmp_path / "curves.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 2 * 3 and rows[2]["calls"] == "32"
    assert (tmp_path / "table.md").read_text(encoding="utf-8").count("| table, ") == 2


def test_what_cannot_be_run_is_refused(run_inputs, tmp_path):
    with pytest.raises(UserError, match="raise max_entries"):
        main(replace(config(run_inputs, tmp_path), max_regions=1))
    rate = replace(config(run_inputs, tmp_path).learner, rate={"table": 0.5})
    with pytest.raises(UserError, match="step size for linear"):
        main(replace(config(run_inputs, tmp_path), learner=rate))

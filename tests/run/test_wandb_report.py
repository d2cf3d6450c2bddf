"""A report's specification, as W&B's own library reads it."""

import json

import pytest
from wandb_workspaces.reports.v2 import MarkdownBlock, PanelGrid

from colorrl.errors import UserError
from colorrl.run import wandb_report
from colorrl.run.folder import RunFolder
from colorrl.run.wandb_report import report_of, save_report, write_report

TABLE = "| metric | 한글 |\n|---|--:|\n| reward | 0.6 |"
METRICS = ["eval/reward", "gold/pixel_share"]


def runs(folder, seeds=(0, 1)):
    made = []
    for seed in seeds:
        path = folder / f"seed{seed}"
        path.mkdir(exist_ok=True)
        (path / "wandb_id").write_text(f"id{seed}\n")
        made.append(RunFolder(path, "한글", "abcd1234", seed, {}, {}, {}, {}))
    return made


def test_the_runs_are_named_and_their_seeds_are_one_line(tmp_path):
    """Each run is named by its id."""
    report = report_of(runs(tmp_path), METRICS, "lab/flats", TABLE)
    grid = next(block for block in report.blocks if isinstance(block, PanelGrid))
    (runset,) = grid.runsets
    assert runset.groupby == ["Group"] and "id0" in runset.filters and "id1" in runset.filters
    *lines, media = grid.panels
    assert [line.y for line in lines] == [[name] for name in METRICS]
    assert all((x.x, x.groupby, x.groupby_aggfunc) == ("images", "Group", "mean") for x in lines)
    assert media.media_keys == ["panel/panel"]
    assert next(b.text for b in report.blocks if isinstance(b, MarkdownBlock)) == TABLE


def test_the_specification_is_written_without_a_network(tmp_path):
    """As the service takes it: the filter by the runs' ids, the metric of each plot."""
    write_report(report_of(runs(tmp_path), METRICS, "lab/flats", TABLE), tmp_path / "r.json")
    values = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert (values["entity"], values["project"]) == ("lab", "flats") and "한글" in values["title"]
    text = json.dumps(values["spec"])
    assert all(f'"{name}"' in text for name in ("id0", "id1", *METRICS))


@pytest.mark.parametrize(
    ("where", "seeds", "message"),
    [("flats", (0,), "write ENTITY/PROJECT"), ("lab/flats", (), "was not followed by W&B")],
)
def test_what_makes_no_report(where, seeds, message, tmp_path):
    made = runs(tmp_path, seeds) or [RunFolder(tmp_path, "a", "b", 0, {}, {}, {}, {})]
    with pytest.raises(UserError, match=message):
        report_of(made, METRICS, where, TABLE)


def test_one_that_cannot_be_saved_is_one_line(tmp_path, monkeypatch):
    report = report_of(runs(tmp_path), METRICS, "lab/flats", TABLE)

    def refused(self):
        raise ValueError("no API key\nlong story")

    monkeypatch.setattr(type(report), "save", refused)
    with pytest.raises(UserError, match=r"not saved \(no API key\): `wandb login`"):
        save_report(report)
    assert wandb_report.PANEL == "panel/panel"

"""`colorrl evaluate` on a generator of 32 px: what it writes, and what it refuses."""

import csv
import json
import math
import shutil

import pytest
import torch
from PIL import Image

from colorrl.data.pairs import load_split
from colorrl.errors import UserError
from colorrl.evaluation.contestants import best_of
from colorrl.evaluation.entry import gallery
from colorrl.evaluation.setting import load
from colorrl.policy.pipeline import load_generator, save_generator
from colorrl.report.contest import HEADLINE, LEAD_METRICS
from colorrl.scripts.evaluate import main
from tests import tiny
from tests.scripts.evaluations import config, make_inputs

CONTESTANTS = ["start", "generator", "2 steps", "vote", "vote at shares", "best of 3",
               "start, best of 3", "dominant colour", "nearest regions"]  # fmt: skip


@pytest.fixture(scope="module")
def inputs(run_inputs, tmp_path_factory):
    return make_inputs(run_inputs, tmp_path_factory.mktemp("생성기"))


@pytest.fixture(scope="module")
def evaluated(inputs, tmp_path_factory):
    """Folder of an evaluation with a start."""
    output = tmp_path_factory.mktemp("evaluate") / "결과"
    main(config(inputs, output, f"start='{inputs.start}'"))
    return output


@pytest.fixture(scope="module")
def rows(evaluated):
    text = (evaluated / "sketches.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_the_csv_has_a_row_for_each_sketch_and_contestant(inputs, rows):
    sketches = [s.id for s in load_split(inputs.root / "작은 세트", "train", 32)]
    found = [(row["sketch"], row["contestant"]) for row in rows]
    assert len(sketches) > 2
    assert found == [(s, c) for s in sketches for c in CONTESTANTS]
    assert set(HEADLINE) < rows[0].keys()


def test_the_result_is_the_mean_of_the_csv(evaluated, rows):
    result = json.loads((evaluated / "result.json").read_text(encoding="utf-8"))
    assert {"command", "commit", "config_hash", "seed", "device", "time/image_s"} <= result.keys()
    assert result["split"] == "train" and result["sketches"] * len(CONTESTANTS) == len(rows)

    def mean(metric, contestant):
        values = [float(r[metric]) for r in rows if r["contestant"] == contestant]
        values = [value for value in values if not math.isnan(value)]
        return sum(values) / len(values)

    assert any(r["eval/region_accuracy_area_3plus"] == "nan" for r in rows)
    for metric in HEADLINE:
        assert result[metric] == pytest.approx(mean(metric, "generator"), abs=1e-4)
        for name in set(CONTESTANTS) - {"generator"}:
            assert result[name][metric] == pytest.approx(mean(metric, name), abs=1e-4)
        gain = result[metric] - result["start"][metric]
        low, high = result[f"{metric}_gain_ci95"]
        assert result[f"{metric}_gain"] == pytest.approx(gain, abs=1e-4)
        assert low <= result[f"{metric}_gain"] <= high
    assert result["eval/reward_gain"] != 0
    assert result["leads"].keys() == set(CONTESTANTS) - {"generator"}
    assert result["leads_of_vote"].keys() == set(CONTESTANTS) - {"vote"}
    metric = "eval/region_accuracy"
    ahead = result["leads_of_vote"]["generator"][metric][0]
    assert ahead == pytest.approx(-result["leads"]["vote"][metric][0], abs=1e-6)
    for metric in LEAD_METRICS:
        lead, low, high = result["leads"]["dominant colour"][metric]
        assert low <= lead <= high
    lead = result["leads"]["dominant colour"]["eval/region_accuracy_area"][0]
    dominant = result["dominant colour"]["eval/region_accuracy_area"]
    assert lead == pytest.approx(result["eval/region_accuracy_area"] - dominant, abs=1e-4)


def test_the_best_of_n_is_never_worse_than_the_first(rows):
    reward = {(r["sketch"], r["contestant"]): float(r["eval/reward"]) for r in rows}
    for one, best in (("start", "start, best of 3"), ("generator", "best of 3")):
        gains = [reward[s, best] - first for (s, c), first in reward.items() if c == one]
        assert min(gains) >= 0 and max(gains) > 0


def test_no_seed_draws_the_samples_of_another(inputs, tmp_path):
    """Else best of n over seeds 0, 1, 2 would be nearly one draw, its spread too small."""
    judge, seen = load(config(inputs, tmp_path)).judge, []

    def draw(seed):
        seen.append(seed)
        return torch.rand(len(judge.batches[0]), 3, 32, 32)

    for seed in range(3):
        best_of(judge, draw, seed, 4)
    assert len(set(seen)) == len(seen) == 12 and seen[::4] == [0, 1, 2]


def test_table_and_sheets_are_there(evaluated):
    table = (evaluated / "table.md").read_text(encoding="utf-8").splitlines()
    assert table[2] == f"| metric | {' | '.join(CONTESTANTS)} |"
    assert table[4].startswith("| eval/reward ↑ | ")
    assert table[4 + len(HEADLINE)].startswith("| time/image_s ↓ | ")
    rivals = [line.split(" | ")[0] for line in table if "[" in line]
    assert rivals == [
        f"| {name}"
        for led in ("generator", "vote", "vote at shares")
        for name in CONTESTANTS
        if name != led
    ]
    heights = {}
    for name in ("contact.png", "before_after.png"):
        with Image.open(evaluated / name) as sheet:
            heights[name] = sheet.height
    # 7 rows and 4 rows of pictures of 2 x 32 px
    assert 4 * 64 < heights["before_after.png"] < 6 * 64 < 7 * 64 < heights["contact.png"]


def test_the_same_seed_gives_the_same_figures_and_another_does_not(inputs, tmp_path, rows):
    for seed in (0, 1):
        folder = tmp_path / str(seed)
        main(config(inputs, folder, "best_of=0", "steps=[]", f"seed={seed}"))
        found = csv.DictReader((folder / "sketches.csv").open(encoding="utf-8"))
        again = [row for row in found if row["contestant"] == "generator"]
        assert (again == [row for row in rows if row["contestant"] == "generator"]) == (seed == 0)
    # without a start: no gains, no picture of one, no best of n
    assert not (folder / "before_after.png").exists()
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert not [key for key in result if "gain" in key or key.startswith(("start", "best"))]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["split=valid"], "split.*valid"),
        (["limit=0"], "0 sketches of train are too few"),
        (["best_of=-1"], "best_of=-1"),
        (["samples=0"], "samples=0"),
        (["votes=1"], "votes=1"),
        (["keep_shares=-1"], "keep_shares=-1"),
        (["steps=[4,0]"], r"steps=\[0\]"),
        (["palette_conditions=[]"], r"palette_conditions=\[\]"),
        (["palette_conditions=[nobody]"], "palette_conditions.*nobody"),
        (["n_palette=1"], "n_palette is too small"),
        (["start=nothing"], "no generator 'nothing'"),
        (["device=gpu"], "device=gpu"),
        (["data.name=openmoji", "data.root='없음'"], "colorrl prepare data=openmoji"),
    ],
)
def test_impossible_settings_are_refused(inputs, tmp_path, overrides, message):
    with pytest.raises(UserError, match=message):
        main(config(inputs, tmp_path / "out", *overrides))
    assert not (tmp_path / "out").exists()


def test_generators_of_two_sizes_are_not_compared(inputs, tmp_path):
    save_generator(tmp_path / "s", tiny.network("region", 16), n_steps=2, shift=3.0, rho=0.5)
    with pytest.raises(UserError, match=r"16 px, .* 32 px"):
        main(config(inputs, tmp_path / "out", f"start='{tmp_path / 's'}'"))


def test_a_damaged_set_is_named(inputs, tmp_path):
    """A prepared picture that is gone, met before anything is cached."""
    shutil.copytree(inputs.root / "작은 세트", tmp_path / "작은 세트")
    folder = next((tmp_path / "작은 세트" / "pixels").iterdir())
    shutil.rmtree(folder / "cache", ignore_errors=True)
    next((folder / "line").iterdir()).unlink()
    with pytest.raises(UserError, match="render it again with: colorrl prepare"):
        for split in ("train", "val", "test"):  # whichever the picture belongs to
            load(config(inputs, tmp_path, f"data.root='{tmp_path}'", f"split={split}"))


def test_the_generator_is_the_one_that_is_named(inputs, tmp_path):
    setting = load(config(inputs, tmp_path, f"start='{inputs.start}'"))
    generator, start = setting.generator, setting.start
    named = load_generator(str(inputs.start))
    assert start is not None
    for a, b in zip(start.network.parameters(), named.network.parameters(), strict=True):
        assert torch.equal(a, b)
    assert generator.size == setting.judge.batches[0].line.shape[-1] == 32


def test_a_sketch_is_judged_by_the_mean_of_its_samples(inputs, tmp_path, monkeypatch):
    """While the sheet shows the first sample with the reward of that one."""
    found, shown = [], []
    monkeypatch.setattr(
        "colorrl.scripts.evaluate.draw_contact", lambda *args: shown.append(args[2])
    )
    for samples in (1, 2):
        folder = tmp_path / str(samples)
        main(config(inputs, folder, "best_of=0", "steps=[]", f"samples={samples}"))
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        found.append(result["eval/de00_mean"])
    assert found[0] != found[1]
    one, two = (entries["generator"] for entries in shown)
    assert torch.equal(one.image, two.image) and len(two.gallery) == 2
    assert not torch.equal(*two.gallery)
    assert torch.equal(one.reward, two.reward)
    assert not torch.equal(one.columns["eval/reward"], two.columns["eval/reward"])


def test_the_gallery_is_chosen_by_the_seed(evaluated):
    first, other = gallery(100, 0), gallery(100, 1)
    assert first == gallery(100, 0) and first != other
    assert len(set(first)) == 32 and max(first) < 100
    assert sorted(gallery(5, 0)) == [0, 1, 2, 3, 4]
    with Image.open(evaluated / "samples.png") as sheet:
        assert sheet.width > 16 * 32 and sheet.height > 4 * 32  # 16 across: line, truth, samples

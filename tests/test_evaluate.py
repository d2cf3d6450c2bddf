"""`colorrl evaluate` on a generator of 32 px: what it writes, and what it refuses."""

import csv
import json
import shutil
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from colorrl.config import UserError
from colorrl.data.pairs import load_split
from colorrl.evaluate import best_of, load, main
from colorrl.policy.pipeline import load_generator, save_generator
from colorrl.report.contest import HEADLINE
from tests import tiny

CONTESTANTS = ["start", "generator", "best of 3", "dominant colour", "white page"]


@pytest.fixture(scope="module")
def inputs(run_inputs, tmp_path_factory):
    """``run_inputs`` with another generator beside ``gen``: the start."""
    other = tiny.perturbed(tiny.network("region"), 0.3)
    folder = tmp_path_factory.mktemp("생성기") / "start"
    save_generator(folder, other, n_steps=3, shift=3.0, rho=0.5)
    return SimpleNamespace(root=run_inputs, start=folder)


def config(inputs, output, *overrides):
    common = tiny.train_overrides(inputs.root, output)[:4]
    return tiny.composed(
        "evaluate",
        *common,
        "samples=1",
        f"output='{output}'",
        "split=train",
        "best_of=3",
        *overrides,
    )


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
        return sum(values) / len(values)

    for metric in HEADLINE:
        assert result[metric] == pytest.approx(mean(metric, "generator"), abs=1e-4)
        for name in set(CONTESTANTS) - {"generator"}:
            assert result[name][metric] == pytest.approx(mean(metric, name), abs=1e-4)
        gain = result[metric] - result["start"][metric]
        low, high = result[f"{metric}_gain_ci95"]
        assert result[f"{metric}_gain"] == pytest.approx(gain, abs=1e-4)
        assert low <= result[f"{metric}_gain"] <= high
    assert result["eval/reward_gain"] != 0


def test_the_best_of_n_is_never_worse_than_the_first(rows):
    reward = {(r["sketch"], r["contestant"]): float(r["eval/reward"]) for r in rows}
    gains = [reward[s, "best of 3"] - first for (s, c), first in reward.items() if c == "start"]
    assert min(gains) >= 0 and max(gains) > 0


def test_no_seed_draws_the_samples_of_another(inputs, tmp_path, monkeypatch):
    """Else best of n over seeds 0, 1, 2 would be nearly one draw, its spread too small."""
    _, _, judge = load(config(inputs, tmp_path))
    seen = []

    def colour(judge, generator, seed):
        seen.append(seed)
        return torch.rand(len(judge.batches[0]), 3, 32, 32)

    monkeypatch.setattr("colorrl.evaluate.colour", colour)
    for seed in range(3):
        best_of(judge, None, 4, seed)
    assert len(set(seen)) == len(seen) == 12 and seen[::4] == [0, 1, 2]


def test_table_and_sheets_are_there(evaluated):
    table = (evaluated / "table.md").read_text(encoding="utf-8").splitlines()
    assert table[0] == f"| metric | {' | '.join(CONTESTANTS)} |"
    assert len(table) == 2 + len(HEADLINE) and table[2].startswith("| eval/reward ↑ | ")
    heights = {}
    for name in ("contact.png", "before_after.png"):
        with Image.open(evaluated / name) as sheet:
            heights[name] = sheet.height
    # 7 rows and 4 rows of pictures of 2 x 32 px
    assert 4 * 64 < heights["before_after.png"] < 6 * 64 < 7 * 64 < heights["contact.png"]


def test_the_same_seed_gives_the_same_figures_and_another_does_not(inputs, tmp_path, rows):
    for seed in (0, 1):
        folder = tmp_path / str(seed)
        main(config(inputs, folder, "best_of=0", f"seed={seed}"))
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
        (["limit=0"], "0 sketches of train"),
        (["best_of=-1"], "best_of=-1"),
        (["n_palette=1"], "n_palette is too small"),
        (["start=nothing"], "no generator 'nothing'"),
        (["device=gpu"], "device=gpu"),
        (["data.name=openmoji", "data.root='없음'"], "colorrl prepare data=openmoji"),
    ],
)
def test_what_cannot_be_is_told(inputs, tmp_path, overrides, message):
    with pytest.raises(UserError, match=message):
        main(config(inputs, tmp_path / "out", *overrides))
    assert not (tmp_path / "out").exists()


def test_generators_of_two_sizes_are_not_compared(inputs, tmp_path):
    save_generator(tmp_path / "s", tiny.network("region", 16), n_steps=2, shift=3.0, rho=0.5)
    with pytest.raises(UserError, match=r"16 px, .* 32 px"):
        main(config(inputs, tmp_path / "out", f"start='{tmp_path / 's'}'"))


def test_a_damaged_set_is_told(inputs, tmp_path):
    """A prepared picture that is gone, met before anything is cached."""
    shutil.copytree(inputs.root / "작은 세트", tmp_path / "작은 세트")
    folder = next((tmp_path / "작은 세트" / "pixels").iterdir())
    shutil.rmtree(folder / "cache", ignore_errors=True)
    next((folder / "line").iterdir()).unlink()
    with pytest.raises(UserError, match="render it again with: colorrl prepare"):
        for split in ("train", "val", "test"):  # whichever the picture belongs to
            load(config(inputs, tmp_path, f"data.root='{tmp_path}'", f"split={split}"))


def test_the_generator_is_the_one_that_is_named(inputs, tmp_path):
    generator, start, judge = load(config(inputs, tmp_path, f"start='{inputs.start}'"))
    named = load_generator(str(inputs.start))
    assert start is not None
    for a, b in zip(start.network.parameters(), named.network.parameters(), strict=True):
        assert torch.equal(a, b)
    assert generator.size == judge.batches[0].line.shape[-1] == 32


def test_a_sketch_is_judged_by_the_mean_of_its_samples(inputs, tmp_path, monkeypatch):
    """While the sheet shows the first sample with the reward of that one."""
    found, shown = [], []
    monkeypatch.setattr("colorrl.evaluate.draw_contact", lambda *args: shown.append(args[2:]))
    for samples in (1, 2):
        folder = tmp_path / str(samples)
        main(config(inputs, folder, "best_of=0", f"samples={samples}"))
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        found.append(result["eval/de00_mean"])
    assert found[0] != found[1]
    (images, rewards), (again, same) = shown
    assert torch.equal(images["generator"], again["generator"])
    assert torch.equal(rewards["generator"], same["generator"])

"""The bars of region tokens on held-out drawings, test hands too.

python experiments/region_tokens/measure.py OUTPUT.json LIMIT NAME[=PATH] ... -- SET ...

Of LIMIT test drawings of each set: generators NAME (a shipped one, or a folder), a random palette
entry, nearest regions of OpenMoji's train split. Conditioned on the true colours alone: area of
regions within dE00 5 and 20, grouping ARI, of one sample and of a vote of eight; without a palette:
grouping ARI of one sample and of a page's eight, of which the others are conditioned on the colours
of the first.
Intervals: 95 % bootstrap over drawings. ECE: expected calibration error of the vote's confidence.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from torch import Tensor

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.config.compose import check, conf_dir
from colorrl.data.load import load_sketches
from colorrl.data.palette_condition import condition_palette
from colorrl.evaluation.baselines.assigned import random_palette
from colorrl.evaluation.baselines.nearest import fit
from colorrl.evaluation.contestants import color, fill
from colorrl.evaluation.judge import Judge, make_judge
from colorrl.evaluation.vote import cast, flat_colors
from colorrl.metrics import SAME, bootstrap_ci, grouping
from colorrl.pages.page import palette_of_regions
from colorrl.pages.vote import most_agreed
from colorrl.policy.pipeline import load_generator
from colorrl.types import SketchBatch

NEAR, VOTERS = 20.0, 8


def config(*words: str):
    with initialize_config_dir(str(conf_dir().absolute()), version_base="1.3"):
        return check("evaluate", compose("evaluate", overrides=["device=cpu", *words]))


def measured(
    judge: Judge, said: list[Tensor], levels: tuple[float, ...] = (SAME, NEAR)
) -> dict[str, list[float]]:
    """Figure -> a number for each sketch, of the colours (N, R+1, 3) ``said`` of each batch."""
    rows: dict[str, list[float]] = {f"within_{n:g}": [] for n in levels} | {"ari": []}
    for batch, colors in zip(judge.batches, said, strict=True):
        assert batch.flats is not None
        truth = srgb_to_lab(flat_colors(batch.flats, batch), -1)
        ours = srgb_to_lab(colors, -1)
        for n in range(len(batch)):
            inside = batch.regions.weight[n] > 0
            area = batch.regions.area[n][inside]
            off = delta_e_2000(ours[n][inside], truth[n][inside])
            for level in levels:
                rows[f"within_{level:g}"].append(float((off <= level).float() @ area / area.sum()))
            rows["ari"].append(grouping(ours[n][inside], truth[n][inside]))
    return rows


def votes(ballots: list[Tensor]) -> list[Tensor]:
    """Of each batch (N, R+1, 3): what the samples (n, N, R+1, 3) agree on."""
    return [torch.stack([most_agreed(b[:, i])[0] for i in range(b.shape[1])]) for b in ballots]


def calibration(judge: Judge, ballots: list[Tensor]) -> float:
    """Expected calibration error of the vote's confidence, regions counted alike."""
    sure, right = [], []
    for batch, said in zip(judge.batches, ballots, strict=True):
        assert batch.flats is not None
        truth = srgb_to_lab(flat_colors(batch.flats, batch), -1)
        for n in range(len(batch)):
            inside = batch.regions.weight[n] > 0
            won, confidence = most_agreed(said[:, n])
            sure.append(confidence[inside])
            right.append(delta_e_2000(srgb_to_lab(won, -1), truth[n])[inside] <= SAME)
    confidence, correct = torch.cat(sure), torch.cat(right).float()
    levels = confidence.unique()
    gaps = [(confidence == v).float().mean() * (correct[confidence == v].mean() - v).abs()
            for v in levels]  # fmt: skip
    return float(sum(gaps))


def on_first(batch: SketchBatch, assigned: Tensor) -> SketchBatch:
    """``batch`` with palettes of ``assigned`` (N, R+1, 3), as further samples of a page have."""
    palette, share = torch.ones(len(batch), 16, 3), torch.zeros(len(batch), 16)
    for n in range(len(batch)):
        area = (batch.regions.area[n] * (batch.regions.weight[n] > 0)).numpy()
        if area.any():
            colors, of_area = palette_of_regions(assigned[n], area)
            palette[n, : len(colors)], share[n, : len(colors)] = colors, of_area
    return replace(batch, palette=palette, share=share)


def of_generator(judge: Judge, generator) -> dict[str, object]:
    ballots = ballots_of(judge, generator, "colors")
    found: dict[str, object] = {
        "colors, one sample": measured(judge, [b[0] for b in ballots]),
        "colors, vote": measured(judge, votes(ballots)),
        "ece": calibration(judge, ballots),
    }
    page = ballots_of(judge, generator, "none")
    found |= {
        "none, one sample": measured(judge, [b[0] for b in page]),
        "none, page": measured(judge, votes(page)),
    }
    return found


def ballots_of(judge: Judge, generator, condition) -> list[Tensor]:
    """Eight samples of each batch. Without a palette the first one's colours are the others'."""
    given = conditioned(judge, condition)
    if condition != "none":
        return cast(given, partial(color, given, generator), 0, VOTERS)
    first = [b[0] for b in cast(given, partial(color, given, generator), 0, 1)]
    further = Judge(tuple(map(on_first, given.batches, first)), given.reward)
    more = cast(further, partial(color, further, generator), 1, VOTERS - 1)
    return [torch.cat([one[None], rest]) for one, rest in zip(first, more, strict=True)]


def conditioned(judge: Judge, condition) -> Judge:
    return replace(judge, batches=tuple(condition_palette(b, condition) for b in judge.batches))


def summary(rows: dict[str, list[float]]) -> dict[str, list[float]]:
    values = {name: torch.tensor(v).nan_to_num(0.0) for name, v in rows.items()}
    return {
        n: [round(x, 4) for x in (float(v.mean()), *bootstrap_ci(v))] for n, v in values.items()
    }


def main() -> None:
    torch.set_num_threads(1)
    at = sys.argv.index("--")
    output, limit = Path(sys.argv[1]), int(sys.argv[2])
    names = dict(n.split("=", 1) if "=" in n else (n, n) for n in sys.argv[3:at])
    result: dict[str, dict[str, object]] = {}
    for set_name in sys.argv[at + 1 :]:
        data = config(f"data={set_name}").data
        of_set: dict[str, object] = {}
        judges: dict[int, Judge] = {}  # by size: drawings of another size have other regions
        for name, path in names.items():
            generator = load_generator(path)
            if generator.size not in judges:
                sketches = load_sketches(data, "test", generator.size, limit)
                judges[generator.size] = make_judge(sketches, None, torch.device("cpu"), 16)  # type: ignore[arg-type]
            found = of_generator(judges[generator.size], generator)
            of_set[name] = {k: v if k == "ece" else summary(v) for k, v in found.items()}  # type: ignore[arg-type]
            print(set_name, name, json.dumps(of_set[name]), flush=True)
        for size, judge in judges.items():
            of_set |= {f"{name}, {size} px": row for name, row in baselines(judge, size).items()}
        result[set_name] = {"drawings": len(sketches)} | of_set
        output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def baselines(judge: Judge, size: int) -> dict[str, dict[str, dict[str, list[float]]]]:
    """A random entry of the palette, and the nearest regions of OpenMoji's train split."""
    judge = conditioned(judge, "colors")
    train = load_sketches(config("data=openmoji").data, "train", size, 600)
    found = {}
    for name, rival in {"random palette": random_palette, "nearest regions": fit(train)}.items():
        images = fill(judge.batches, rival, 0).split([len(b) for b in judge.batches])
        said = [flat_colors(*pair) for pair in zip(images, judge.batches, strict=True)]
        found[name] = {"colors, one sample": summary(measured(judge, said))}
        print(name, size, json.dumps(found[name]), flush=True)
    return found


if __name__ == "__main__":
    main()

"""What a vote changes: python experiments/vote/measure.py [key=value ...] of evaluate.

Val drawings, 8 samples each. Conditioned on the true colours: the share of regions that are right
in one sample and in the vote, and how well confidence separates right regions from wrong ones (area
under the ROC curve). Without a palette: how much regions are grouped as in the truth, when further
samples are conditioned on the colours of the first, as those of a page are.
"""

import sys
from dataclasses import replace
from functools import partial

import torch
from hydra import compose, initialize_config_dir
from scipy.stats import rankdata

from colorrl.color import delta_e_2000, srgb_to_lab
from colorrl.config.compose import check, conf_dir
from colorrl.data.palette_condition import condition_palette
from colorrl.evaluation.contestants import color
from colorrl.evaluation.judge import paired_gains
from colorrl.evaluation.setting import load
from colorrl.evaluation.vote import cast, painted
from colorrl.metrics import SAME, evaluate_images, region_lab
from colorrl.pages.page import palette_of_regions
from colorrl.pages.samples import VOTERS
from colorrl.pages.vote import agreement, most_agreed
from colorrl.rewards.cheats.given import flats_of

SETTINGS = ["split=val", "limit=80", "device=cpu", "baselines=[]", "palette_conditions=[colors]"]


def curve(score, right):
    """Area under the ROC curve of ``score`` (R,) for ``right`` (R,) bool."""
    rank, n = torch.from_numpy(rankdata(score)), int(right.sum())
    return float((rank[right].sum() - n * (n + 1) / 2) / (n * (len(right) - n)))


def sureness(batches, ballots):
    """way -> (share of regions right, area under the curve)."""
    found = {"one sample": [], "vote": []}
    for batch, said in zip(batches, ballots, strict=True):
        truth, counts = region_lab(flats_of(batch), batch), batch.regions.weight > 0
        for n in range(len(batch)):
            one, vote = (said[0, n], agreement(said[:, n], 0)), most_agreed(said[:, n])
            for way, (assigned, sure) in zip(found, (one, vote), strict=True):
                right = delta_e_2000(srgb_to_lab(assigned, -1), truth[n]) <= SAME
                found[way].append(torch.stack([sure, right.float()])[:, counts[n]])
    pairs = {way: torch.cat(parts, 1) for way, parts in found.items()}
    return {way: (float(p[1].mean()), curve(p[0], p[1] > 0)) for way, p in pairs.items()}


def conditioned_on(batch, assigned):
    """``batch`` of one sketch, its palette from ``assigned`` (R+1, 3), as `page.conditioned_on`."""
    area = (batch.regions.area * (batch.regions.weight > 0))[0].float().numpy()
    if not area.any():
        return batch
    palette, share = palette_of_regions(assigned, area)
    return replace(batch, palette=palette[None], share=share[None])


def alone(judge, generator):
    """(first samples, votes): their metrics without a palette."""
    figures = {"one sample": [], "vote": []}
    for batch in judge.batches:
        for n in range(len(batch)):
            sketch = condition_palette(batch.select([n]), "none")
            blind = replace(judge, batches=(sketch,))
            (first,) = cast(blind, partial(color, blind, generator), n, 1)
            own = replace(judge, batches=(conditioned_on(sketch, first[0, 0]),))
            (said,) = cast(own, partial(color, own, generator), 1000 + n, VOTERS - 1)
            vote, _ = most_agreed(torch.cat([first, said])[:, 0])
            for way, assigned in zip(figures, (first[0, 0], vote), strict=True):
                image = painted(sketch, assigned[None])
                figures[way].append(evaluate_images(image, batch.select([n])))
    names = ("grouping_ari", "gold/lpips_vgg")
    return {
        way: {name: torch.cat([row[name] for row in rows]) for name in names}
        for way, rows in figures.items()
    }


def main(words):
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        cfg = check("evaluate", compose("evaluate", [*SETTINGS, *words]))
    setting = load(cfg)
    judge, generator = setting.judge, setting.generator
    blind = replace(judge, batches=tuple(condition_palette(b, "colors") for b in judge.batches))
    ballots = cast(blind, partial(color, blind, generator), cfg.seed, VOTERS)
    for way, (right, area) in sureness(judge.batches, ballots).items():
        print(
            f"colours given, {way}: {right:.3f} of regions right, area under the curve {area:.3f}"
        )
    ways = alone(judge, generator)
    for name, (gain, low, high) in paired_gains(ways["one sample"], ways["vote"]).items():
        before, after = (float(ways[way][name].nanmean()) for way in ("one sample", "vote"))
        change = f"{before:.3f} -> {after:.3f}, {gain:+.3f} [{low:+.3f}, {high:+.3f}]"
        print(f"no palette, {name}: {change}")


if __name__ == "__main__":
    main(sys.argv[1:])

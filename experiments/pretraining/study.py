"""What matters in pretraining: python experiments/pretraining/study.py [STUDY] [root].

variants: each changes one thing of the base and trains at 32 px with three seeds for about the same
processor time. scaling: one of them for more and more steps. drawings: the same for one number of
steps on parts of the train drawings. Then val drawings are coloured. Writes STUDY.md beside this
file, and a .json: what stands there is not done again, so that a study can be stopped and go on
elsewhere.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RUNS = Path("runs/pretraining")
SEEDS = (0, 1, 2)
SETS = ("openmoji", "dicebear")
FIGURES = ("eval/region_accuracy", "eval/region_accuracy_area", "eval/leak", "gold/lpips_vgg")
COLORS = "eval/region_accuracy_area, colours alone"
BASE = (
    "policy=flow_micro data=mixture augment=artist batch_size=24 steps=300 "
    "validate_every=300 save_every=300 warmup_steps=50 device=cpu"
)
SHOWN = (*FIGURES, COLORS, "time/image_s")
EVALUATE = (
    "palette_conditions=[shares,colors] samples=2 limit=48 votes=0 best_of=0 baselines=[] "
    "device=cpu"
)
# measured seconds a step of base / variant, one core: steps for the same processor time
VARIANTS = {
    "base": "",
    "squared error alone": "entry_weight=0",
    "noise of pixels alone, rho 0": "rho=0",
    "noise of regions, rho 0.9": "rho=0.9",
    "times uniform": "time_shift=1",
    "palette never dropped": "augment.drop_palette=0",
    "openmoji alone": "data=openmoji",
    "width 48": "policy.network.width=48 steps=750",
    "width 144": "policy.network.width=144 steps=210",
    "UNet2DModel": "policy=unet policy.network.size=32 steps=190",
    "DiT": "policy=dit policy.network.size=32 policy.network.patch=4 steps=260",
}
# what a curve of compute needs
SCALING = {
    f"width 48, {n} steps": f"policy.network.width=48 steps={n}"
    for n in (375, 750, 1500, 3000, 6000)
}
# what more data would give: all drawings are the curve's own 1500 steps
DRAWINGS = {
    f"{share:.1%} of the drawings": f"policy.network.width=48 steps=1500 data.part=[0,{share}]"
    for share in (0.125, 0.25, 0.5, 1)
}
STUDIES = {"variants": VARIANTS, "scaling": SCALING, "drawings": DRAWINGS}


def colorrl(*words):
    subprocess.run([sys.executable, "-m", "colorrl", *words], check=True)


def measured(name, change, seed, root):
    """The figures by set of one run, of ``name``, that differs by ``change`` from the base."""
    place = RUNS / name.replace(" ", "_").replace(",", "").replace("%", "") / f"seed{seed}"
    generator, found = trained(change, seed, root, place), {}
    for data in SETS:
        words = [f"policy.path={generator}", f"data={data}", f"output={place / data}"]
        colorrl("evaluate", *words, f"data.root={root}", *EVALUATE.split())
        result = json.loads((place / data / "result.json").read_text(encoding="utf-8"))
        conditioned = {COLORS: result["condition_colors"]["eval/region_accuracy_area"]}
        found[data] = {key: (result | conditioned)[key] for key in SHOWN}
    return found


def trained(change, seed, root, place):
    words = dict(word.split("=") for word in [*BASE.split(), *change.split()])
    asked = [f"{key}={value}" for key, value in words.items()]
    colorrl("pretrain", *asked, f"seed={seed}", f"data.root={root}", f"runs={place}",
            "name=run", "resume=auto")  # fmt: skip
    (generator,) = place.glob(f"run/*/seed{seed}/generator")
    return generator


def table(found):
    """Markdown: mean and spread over seeds of each figure, by variant and set."""
    lines = []
    for data in SETS:
        lines += [f"### {data}, val", "", f"| variant | {' | '.join(SHOWN)} |"]
        lines.append("|---" + "|--:" * len(SHOWN) + "|")
        for name, runs in found.items():
            cells = [spread([r[data][key] for r in runs]) for key in SHOWN]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def spread(values):
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"


def main(study="variants", root="datasets"):
    known = HERE / f"{study}.json"
    figures = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    for seed in SEEDS:
        for name, change in STUDIES[study].items():
            runs = figures.setdefault(name, {})
            if str(seed) in runs:
                continue
            runs[str(seed)] = measured(name, change, seed, root)
            known.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
            done = {k: list(v.values()) for k, v in figures.items() if v}
            (HERE / f"{study}.md").write_text(table(done), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Where the time of a step goes: python experiments/gpu/speed.py [key=value ...] of pretrain.

What this device reaches (a matrix product, a copy), the parts of a step of pretraining and of an RL
update, the sampler in variants, and colouring pages. Medians after a warm-up; the table is the last
output, and runs/gpu/speed.json holds the same. TOY=1 takes small sizes.
"""

import os
import sys
import time
from pathlib import Path
from statistics import median

import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.utils import instantiate
from parts import Pretrain, Sample, base
from torch.utils.flop_counter import FlopCounterMode

from colorrl.config.compose import check, conf_dir
from colorrl.data.load import load_pools
from colorrl.pages.colorizer import Colorizer
from colorrl.report.table import markdown
from colorrl.run.result import write_result
from colorrl.scripts.train import update
from colorrl.training.state import Training

TOY, DEVICE = bool(os.environ.get("TOY")), torch.device(os.environ["DEVICE"])
REPEATS = 2 if TOY else 10
PRETRAIN = ["policy=flow_base", "batch_size=128", "precision=bf16", "compile=true"]
PRETRAIN_TOY = ["policy=flow_micro", "batch_size=4", "precision=bf16", "compile=false"]
RL = ["experiment=base_grpo", "trainer.updates=100"]
RL_TOY = ["trainer.sketches=4", "trainer.group_size=4", "trainer.micro_sketches=2"]
PAGES = Path("datasets/demo")


def config(verb, words):
    GlobalHydra.instance().clear()
    words = [*words, f"device={DEVICE}", "augment=artist" if verb == "pretrain" else "augment=flip"]
    words += [w for w in sys.argv[1:] if w.startswith("data")]
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return check(verb, compose(verb, words))


def seconds(work, before=lambda: None):
    """Median of ``work`` with what it asked of the device done; ``before`` is not counted."""
    times = []
    for _ in range(2 + REPEATS):
        before()
        wait()
        began = time.perf_counter()
        work()
        wait()
        times.append(time.perf_counter() - began)
    return median(times[2:])


def wait():
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def reached():
    """(FLOP/s in bf16, bytes/s read and written), measured here and now."""
    n, length = (256, 2**20) if TOY else (8192, 2**31)
    a = torch.randn(n, n, device=DEVICE, dtype=torch.bfloat16)
    source = torch.ones(length, device=DEVICE, dtype=torch.uint8)
    target = torch.empty_like(source)
    return 2 * n**3 / seconds(lambda: a @ a), 2 * length / seconds(lambda: target.copy_(source))


def flops_of(work):
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def memory_gib():
    return torch.cuda.max_memory_allocated() / 2**30 if DEVICE.type == "cuda" else float("nan")


def pretraining(cfg, pools):
    """What a step of pretraining is made of; drawing is one thread's time for a whole batch."""
    step = Pretrain(cfg, pools)
    flops = flops_of(step.eager)
    rows = {name: seconds(work) for name, work in step.parts().items()}
    return rows, flops, cfg.batch_size


def learning(cfg, pools):
    """The parts of an RL update as train.py times them, and its images."""
    run, reward = Training(cfg), instantiate(cfg.reward)
    groups = [g for pool in pools for g in pool.groups]
    run.n_slots = 1 + max(s.regions.n_regions for g in groups for s in g)
    metrics = [update(run, pools, reward)[0] for _ in range(2 + max(2, REPEATS // 3))][2:]
    laps = ("sample", "reward", "update")
    return {lap: median(t[f"time/{lap}_s"] for t in metrics) for lap in laps}, run


def coloring(name):
    """Seconds a page of `colorrl colorize`, without writing files."""
    pages = sorted(PAGES.glob("*.png"))[: 2 if TOY else 8]
    colorizer = Colorizer.from_pretrained(name, str(DEVICE))
    return seconds(lambda: [colorizer(page) for page in pages]) / len(pages)


def main():
    peak, bandwidth = reached()
    cfg = config("pretrain", PRETRAIN_TOY if TOY else PRETRAIN)
    pools = load_pools(cfg.data, cfg.policy.network["size"])
    parts, flops, n = pretraining(cfg, pools)
    rows = [("matrix product, bf16", f"{peak / 1e12:.3g} TFLOP/s"),
            ("copy, read and written", f"{bandwidth / 1e9:.4g} GB/s")]  # fmt: skip
    rows += [(f"pretrain, {n} sketches: {k}", f"{1000 * s:.1f} ms") for k, s in parts.items()]
    whole = parts["whole step"]
    rows += [("pretrain", f"{n / whole:.0f} images/s, {flops / whole / peak:.1%} of the product's "
              f"FLOP/s, peak memory {memory_gib():.1f} GiB")]  # fmt: skip
    values = {f"pretrain/{k}_s": s for k, s in parts.items()}
    for precision in ("no", "bf16"):
        sampled = Sample(cfg, pools, precision)
        for variant, work in sampled.variants().items():
            took = seconds(work)
            of_peak = sampled.flops / took / peak
            rows.append((f"sample {sampled.n}, {precision}, {variant}",
                         f"{sampled.n / took:.0f} images/s, {of_peak:.1%}"))  # fmt: skip
            values[f"sample/{precision}/{variant}_s"] = took
    generator = "tiny" if TOY else base()
    rl = config("train", [*RL, f"policy.path={generator}", *(RL_TOY if TOY else [])])
    rl_pools = pools if not TOY else load_pools(rl.data, 64)
    laps, run = learning(rl, rl_pools)
    images = rl.trainer.sketches * rl.trainer.group_size
    total = sum(laps.values())
    rows += [(f"rl, {images} images: {k}", f"{s:.3f} s, {s / total:.1%}") for k, s in laps.items()]
    rows += [("rl", f"{images / total:.1f} images/s, peak memory {run.peak_memory_gib():.1f} GiB")]
    page = coloring(generator)
    rows += [("colorize, a page", f"{1000 * page:.0f} ms, {1 / page:.2f} pages/s")]
    values |= {f"rl/{k}_s": s for k, s in laps.items()}
    values |= {"peak_flops": peak, "bandwidth": bandwidth, "colorize/page_s": page}
    write_result(Path("runs/gpu/speed.json"), values, cfg)
    print(markdown(["measured", str(DEVICE)], rows))


if __name__ == "__main__":
    main()

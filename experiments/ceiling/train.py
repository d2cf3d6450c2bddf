"""Train the region classifier: python experiments/ceiling/train.py [key=value ...] of pretrain.

It starts from the encoder of the shipped generator, which has seen OpenMoji's train split alone.
Batches, augmentation, optimiser and checkpoints are those of `colorrl pretrain`; a run that was cut
off goes on from its last checkpoint. The last one stands at ``steps``.
"""

import sys
from functools import partial
from pathlib import Path

import torch
from classifier import loss
from hydra import compose, initialize_config_dir
from tqdm import tqdm

from colorrl.config.compose import check, conf_dir
from colorrl.data.ahead import batches
from colorrl.data.load import load_pools
from colorrl.policy.pipeline import load_generator
from colorrl.run import checkpoint
from colorrl.scripts.pretrain import draw_batch
from colorrl.training.pretrain_state import Pretraining

# the encoder's token layers have to do what the denoiser's blocks do in a generator
NETWORK = ["policy.network.n_blocks=0", "policy.network.n_token_layers=6"]
# palettes are always given and true: that is what the bars ask; nothing else is taken away
SETTINGS = ["name=ceiling", "data=mixture", "augment=artist", "augment.drop_palette=0"]
SETTINGS += ["device=cpu", "steps=900", "batch_size=32", "save_every=75", *NETWORK]


def config(words):
    with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
        return check("pretrain", compose("pretrain", [*SETTINGS, *words]))


def folder(cfg):
    return Path(cfg.runs) / cfg.name / f"steps{cfg.steps}-seed{cfg.seed}"


def start_from(network, name):
    """What ``network`` shares with the generator ``name``; more token layers begin as identity."""
    known = load_generator(name).network.state_dict()
    network.load_state_dict(
        {k: v for k, v in known.items() if k in network.state_dict()}, strict=False
    )
    for i, layer in enumerate(network.token_layers):
        if f"token_layers.{i}.out.weight" not in known:
            for last in (layer.out, layer.mlp[-1]):
                torch.nn.init.zeros_(last.weight)


def train(cfg):
    run, where = Pretraining(cfg), folder(cfg)
    start_from(run.network, cfg.policy.path)
    latest = checkpoint.latest(where)
    if latest is not None:
        run.load(checkpoint.load(latest))
    drawn = batches(
        partial(draw_batch, load_pools(cfg.data, run.size), cfg), run.step, cfg.steps, cfg.loaders
    )
    bar = tqdm(drawn, total=cfg.steps, initial=run.step, mininterval=10)
    for batch in bar:
        error = loss(run.network, batch)
        run.descend(error)
        bar.set_postfix(loss=f"{float(error.detach()):.3f}")
        if run.step % cfg.save_every == 0 or run.step == cfg.steps:
            checkpoint.save(where, run.step, run.state())


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(config(sys.argv[1:]))

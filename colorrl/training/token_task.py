"""Region tokens as `colorrl pretrain` trains them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch

from colorrl.config.schema.generator import PretrainConfig
from colorrl.data.load import load_drawing_pools, load_set, names_of
from colorrl.errors import UserError
from colorrl.policy.pipeline import save_generator
from colorrl.spaced import spaced
from colorrl.training.pretrain_state import Pretraining, Task
from colorrl.training.token_steps import draw_views, figures, likeliest_images

N_HELD_OUT = 128  # sketches of each set that are decoded at a validation
RIGHT = "eval/right"


def check_tokens(cfg: PretrainConfig) -> None:
    """Raises UserError for what region tokens cannot learn from."""
    if cfg.compile:
        raise UserError("compile=true: region tokens come in too many shapes, set compile=false")
    for key in ("gaps", "rendering", "hint", "scatter"):
        if getattr(cfg.augment, key) > 0:
            raise UserError(
                f"augment.{key}={getattr(cfg.augment, key)}: region tokens do not learn from it, "
                f"set augment.{key}=0 (augment=tokens has them all right)"
            )


def token_task(run: Pretraining, folder: Path) -> Task:
    """Masked diffusion on the sets of ``run``, which keeps its best generator in ``folder``.

    Raises UserError as `check_tokens`.
    """
    cfg = run.cfg
    check_tokens(cfg)
    pools = load_drawing_pools(cfg.data, run.size)
    held_out = {
        name: spaced(load_set(cfg.data, name, "val", run.size), N_HELD_OUT)
        for name in names_of(cfg.data)
    }
    shown = [s for found in held_out.values() for s in spaced(found, max(1, 16 // len(held_out)))]

    @torch.no_grad()
    def validate(keep: bool) -> dict[str, float]:
        found: dict[str, float] = {}
        with run.averaged():
            for name, sketches in held_out.items():
                of_set = figures(run.network, sketches, cfg.n_steps)
                found |= {f"eval/{figure}_{name}": value for figure, value in of_set.items()}
            rights = [v for n, v in found.items() if n.startswith(RIGHT)]
            found[RIGHT] = sum(rights) / len(rights)
            if keep and found[RIGHT] > run.best:
                run.best = found[RIGHT]
                save_generator(folder / "best", run.network, **run.sampling)
        return found

    return Task(
        figure="entry_nats",
        draw=partial(draw_views, pools, cfg),
        update=run.update_tokens,
        validate=validate,
        shown=shown,
        flats=lambda network, batch: likeliest_images(network, batch, cfg.n_steps),
    )

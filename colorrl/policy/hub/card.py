"""The model card of an adapter that a run made."""

from __future__ import annotations

from typing import Any

from colorrl.config.schema.hub import HubConfig
from colorrl.policy.hub.family import Family
from colorrl.policy.hub.parts import CONTROLNET

_CARD = """---
base_model: {path}
library_name: diffusers
tags: [lora, line-art, flat-color, reinforcement-learning, colorrl]
---

# LoRA over {path}

Made by colorrl for flat colours, one in each closed area of the line art: by `train` with
verifiable rewards, by `pretrain` from pairs of line art and flats.

```python
from diffusers import {pipeline}

pipe = {pipeline}.from_pretrained("{path}"{control})
pipe.load_lora_weights("THIS_FOLDER")
```

| setting | value |
|---|---|
| base, revision | {path}, {revision} |
| rank, alpha | {rank}, {alpha} |
| size | {size} px |
| denoising steps, guidance | {n_steps}, {guidance} |
| prompt | `{prompt}` |
| negative prompt | `{negative}` |
| line art | {lines} |

The licence of the base applies to this adapter too. `colorrl.json` holds the sha256 of the base's
weights.
"""


def card(base: dict[str, Any], cfg: HubConfig, family: Family, controlnet: bool) -> str:
    """README.md of the folder that a run leaves. ``controlnet``: it holds a trained one."""
    assert cfg.adapter is not None
    control = ""
    if controlnet or cfg.controlnet:
        kind = family.PARTS[CONTROLNET][0].split(".")[1]
        where = '"THIS_FOLDER", subfolder="controlnet"' if controlnet else "..."
        control = f", controlnet={kind}.from_pretrained({where})"
    return _CARD.format(
        path=base["path"],
        revision=base["revision"] or "main",
        pipeline=family.PIPELINE.__name__,
        control=control,
        rank=cfg.adapter.rank,
        alpha=cfg.adapter.alpha,
        size=cfg.size,
        n_steps=cfg.n_steps,
        guidance=cfg.guidance,
        prompt=cfg.prompt,
        negative=cfg.negative,
        lines=cfg.lines.replace("_", " "),
    )

"""All that decides a page's files besides the page, made from what a person asks for."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace

import torch
from hydra.utils import instantiate
from torch import Tensor

from colorrl.config.compose import plain
from colorrl.config.schema.pages import Blank, ColorizeConfig, LayerNames
from colorrl.errors import UserError
from colorrl.pages.constraints.given import Control, sheet_sha
from colorrl.pages.constraints.ranking import without_shares
from colorrl.pages.samples import VOTERS
from colorrl.pages.sheet.sheet import Sheet
from colorrl.palette import Palette
from colorrl.policy.pipeline import fingerprint
from colorrl.rewards.total import TotalReward

# samples of search=best_of_n unless samples= says how many
BEST_OF = 8
# what came later than pages that are done
ADDED = ("drop_blue", "trace_lines", "model")


@dataclass(frozen=True, slots=True)
class Settings:
    """All that decides a page's files besides the page and which of them are asked for."""

    generator: str  # fingerprint of the generator
    seed: int
    n_steps: int | None  # None = the generator's own
    palette: Palette | None
    only_palette: bool  # every region takes the nearest colour of the palette
    colour_background: bool  # False = the paper around the drawing stays bare
    line_layer: str | None  # of a PSD or ORA
    trap: int | None  # px of colour under the line, None = to its middle
    layers: LayerNames
    sheet: Sheet | None = None  # regions found on it get its colours
    leave_blank: tuple[Blank, ...] = ()
    samples: int = 1  # 1 = what VOTERS agree on, more = of so many the best by ``reward``
    reward: TotalReward | None = None  # that ranks several
    ranking: str | None = None  # fingerprint of ``reward``
    consistent: bool = False  # figures of one panel keep their colours in the others
    model: Sheet | None = None  # a figure of another page: where it is found it keeps its colours
    drop_blue: bool = False  # blue pencil is no line
    trace_lines: bool = False  # lines take the colour of the fill that they bound
    gap: float | None = None  # px up to which gaps are closed; None = by lines and page

    def sha(self) -> str:
        bare = replace(self, palette=None, sheet=None, model=None, reward=None)
        values = asdict(bare) | {"control": self.control.words()}
        values["model"] = self.model and sheet_sha(self.model)
        for key in ADDED:  # pages of before these keys stay done
            if not values[key]:
                del values[key]
        if self.samples == 1:
            values["voters"] = VOTERS
        if self.palette is not None:
            values["palette"] = [self.palette.colors.tolist(), self.palette.names]
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()

    @property
    def only(self) -> Tensor | None:
        """(K, 3) the colours that alone may appear, None = any."""
        return self.palette.colors if self.palette is not None and self.only_palette else None

    @property
    def control(self) -> Control:
        return Control(
            self.sheet, self.leave_blank, self.colour_background, self.palette, self.only_palette
        )


def n_samples(cfg: ColorizeConfig) -> int:
    """Samples of a page that are chosen between; 1 = they vote."""
    return BEST_OF if cfg.search == "best_of_n" and cfg.samples == 1 else cfg.samples


def ranking_reward(cfg: ColorizeConfig) -> TotalReward:
    """The reward that chooses between samples. Raises UserError for one that needs the truth."""
    reward: TotalReward = instantiate(cfg.reward)
    if reward.oracle:
        raise UserError(
            f"this reward is an oracle: {', '.join(reward.oracle)} compare a page with its true "
            "colours, and a page to be coloured has none; take reward=reference_free",
            2,
        )
    return without_shares(reward)


def check_asked(cfg: ColorizeConfig, *, has_palette: bool) -> None:
    """Raise ValueError for numbers and switches that ask for nothing that can be done."""
    keys = ("samples", "n_steps", "trap", "preview", "workers")
    for key, value in ((key, getattr(cfg, key)) for key in keys):
        if value is not None and value < 1:
            raise ValueError(f"{key}={value}: give at least 1")
    if cfg.gap is not None and cfg.gap < 0:
        raise ValueError(f"gap={cfg.gap:g}: give pixels, 0 to close none, or null")
    if cfg.only_palette and not has_palette:
        raise ValueError("only_palette=true needs palette=#rrggbb,.., a palette file or a sheet")


def settings_of(
    cfg: ColorizeConfig, generator: str, palette: Palette | None, sheet: Sheet | None
) -> Settings:
    """What ``cfg`` asks of each page; ``generator`` is a fingerprint."""
    samples = n_samples(cfg)
    reward = ranking_reward(cfg) if samples > 1 else None
    return Settings(
        generator=generator,
        seed=cfg.seed,
        n_steps=cfg.n_steps,
        palette=palette,
        only_palette=cfg.only_palette,
        colour_background=cfg.colour_background,
        line_layer=cfg.line_layer,
        trap=cfg.trap,
        layers=cfg.layers,
        sheet=sheet,
        leave_blank=tuple(cfg.leave_blank),
        samples=samples,
        gap=cfg.gap,
        consistent=cfg.consistent is not False,
        drop_blue=cfg.drop_blue,
        trace_lines=cfg.trace_lines,
        reward=reward,
        ranking=None if reward is None else ranking_of(cfg, reward),
    )


def ranking_of(cfg: ColorizeConfig, reward: TotalReward) -> str:
    """What decides which sample is the best: the settings of ``reward`` and the weights in it."""
    models = {name: getattr(term, "model", None) for name, term in reward.terms.items()}
    weights = {n: fingerprint(m) for n, m in models.items() if isinstance(m, torch.nn.Module)}
    return json.dumps([plain(cfg.reward), weights], sort_keys=True)

"""The Python interface: a colorizer holds a generator and is called on one drawing after another.

    from colorrl import Colorizer

    colorizer = Colorizer.from_pretrained("tiny")
    page = colorizer("datasets/demo/castle.png", palette="#d22f27,#f1b31c,#92d3f5", n=4)
    page.composite  # (H, W, 3) uint8: the line over the flats
    page.save("castle", ["composite", "psd", "alternatives"])

`colorrl colorize` is the same for folders: both stand on paint.colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.initialize import get_gh_backup, restore_gh_from_backup
from hydra.utils import instantiate
from numpy.typing import NDArray
from PIL import Image

from colorrl.config import conf_dir
from colorrl.control.hints import Hints, read_hints
from colorrl.control.ranking import without_shares
from colorrl.data.folder import read_drawing
from colorrl.data.image import Drawing, check_size, drawing_of
from colorrl.device import pick_device
from colorrl.export import formats
from colorrl.export.journal import file_sha
from colorrl.export.layers import ColourLayer, colour_layers
from colorrl.export.painted import Painted, Pixels, Source, composite, flats
from colorrl.paint import Generator, Settings, colour, fingerprint
from colorrl.palette import Palette, palette_from
from colorrl.policy.pipeline import load_generator
from colorrl.reference.reading import palette_of, read_sheet
from colorrl.reference.sheet import Sheet
from colorrl.rewards.total import TotalReward
from colorrl.schema import Blank, LayerNames

Picture = str | Path | Image.Image | NDArray[np.uint8]
# as conf/colorize.yaml has them
LAYERS = LayerNames(line="線画", flats="밑색", paper="용지")
# kinds of files that tell where the line art is, and need one
NEEDS_FILE = "regions"


@dataclass(frozen=True, slots=True)
class Coloured:
    """One drawing of R regions in colours. H x W are the drawing's own pixels."""

    page: Painted

    @property
    def flats(self) -> Pixels:
        """(H, W, 4) sRGB and alpha: one colour for each region, see-through where paper shows."""
        return flats(self.page)

    @property
    def composite(self) -> Pixels:
        """(H, W, 3) sRGB: the line multiplied over the flats."""
        return composite(self.page)

    @property
    def regions(self) -> NDArray[np.int32]:
        """(H, W) the id of the region that owns each pixel, 0 = nobody's."""
        return self.page.owner

    @property
    def colours(self) -> Pixels:
        """(R+1, 3) sRGB of each region, by id; see ``bare`` for those that show none."""
        return self.page.colours

    @property
    def bare(self) -> NDArray[np.bool_]:
        """(R+1,) True where the paper shows."""
        return self.page.bare

    @property
    def confidence(self) -> NDArray[np.float32]:
        """(R+1,) in [0, 1]: agreement of further samples, or that of a match with the sheet."""
        return self.page.confidence

    @property
    def layers(self) -> list[ColourLayer]:
        """The flats as one layer for each colour, as PSD and ORA have them."""
        return list(colour_layers(self.page))

    @property
    def scores(self) -> list[float]:
        """Rewards of the n colourings, best first; empty for n=1."""
        return [a.score for a in self.page.alternatives if a.score is not None]

    @property
    def alternatives(self) -> list[Coloured]:
        """The n colourings, best first; the first is this one."""
        return [Coloured(replace(self.page, colours=a.colours)) for a in self.page.alternatives]

    def save(self, stem: str | Path, export: Sequence[str] = ("flats", "composite")) -> list[Path]:
        """Files of the kinds ``export`` (as `colorrl colorize` has them), named from ``stem`` on.

        Replaces what is there. Raises ValueError for an unknown kind, and for regions of a drawing
        that was not read from a file.
        """
        unknown = [kind for kind in export if kind not in formats.FORMATS]
        if unknown:
            raise ValueError(f"no kind {unknown[0]!r}; there are {', '.join(formats.FORMATS)}")
        if NEEDS_FILE in export and not self.page.source.sha:
            raise ValueError("regions.json names the line art's file: colour a file, no array")
        formats.write(export, Path(stem), self.page)
        return formats.files_of(export, Path(stem))


class Colorizer:
    """Colours drawings one at a time, region-exact at their own size."""

    def __init__(self, generator: Generator, name: str, device: torch.device) -> None:
        """``name`` tells generators apart. See ``from_pretrained``."""
        self.generator, self.name, self.device = generator, name, device

    @classmethod
    def from_pretrained(cls, name: str = "tiny", device: str = "auto") -> Colorizer:
        """A colorizer with the generator ``name``: a shipped one, a folder, a run's or a hub id.

        Raises UserError if it is missing or damaged.
        """
        where = pick_device(device)
        generator: Any = load_generator(name, where)
        return cls(generator, fingerprint(generator.network), where)

    def __call__(
        self,
        image: Picture,
        *,
        palette: str | Iterable[str] | Palette | None = None,
        only_palette: bool = False,
        n: int = 1,
        hints: Hints | Sequence[str | Path] | None = None,
        sheet: Sheet | str | Path | None = None,
        leave_blank: Sequence[Blank] = ("bubbles", "gutters"),
        colour_background: bool = False,
        trap: int | None = None,
        seed: int = 0,
        n_steps: int | None = None,
        line_layer: str | None = None,
        layers: LayerNames = LAYERS,
    ) -> Coloured:
        """``image``, a file, a PIL image or an array (H, W) or (H, W, 1 to 4) uint8, in colours.

        The other arguments are the keys of `colorrl colorize`; ``n`` is its samples: of so many
        colourings the best by the reference-free reward. Raises OSError or ValueError for what
        cannot be read or does not fit.
        """
        if n < 1:
            raise ValueError(f"n={n}: give at least 1")
        if only_palette and palette is None and sheet is None:
            raise ValueError("only_palette=True needs a palette or a sheet")
        if trap is not None and trap < 1:
            raise ValueError(f"trap={trap}: give at least 1 px, or None")
        source, drawing = _drawing(image, line_layer)
        if isinstance(sheet, str | Path):
            sheet = read_sheet(Path(sheet), line_layer, layers.line)
        settings = Settings(
            generator=self.name,
            seed=seed,
            n_steps=n_steps,
            palette=_palette(palette, sheet),
            only_palette=only_palette,
            colour_background=colour_background,
            line_layer=line_layer,
            trap=trap,
            layers=layers,
            sheet=sheet,
            leave_blank=tuple(leave_blank),
            samples=n,
            reward=reference_free() if n > 1 else None,
        )
        if hints is not None and not isinstance(hints, Hints):
            hints = read_hints([Path(h) for h in hints], drawing.shape)
        return Coloured(
            colour(source, drawing, self.generator, settings, self.device, sure=True, hints=hints)
        )


def reference_free() -> TotalReward:
    """The reward that ranks samples, as conf/reward/reference_free.yaml has it."""
    before = get_gh_backup()  # a program of its own may have started Hydra already
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            return without_shares(instantiate(compose("colorize", ["input=a", "output=b"]).reward))
    finally:
        restore_gh_from_backup(before)


def _drawing(image: Picture, line_layer: str | None) -> tuple[Source, Drawing]:
    if isinstance(image, str | Path):
        path = Path(image)
        return Source(path.name, path, file_sha(path), line_layer), read_drawing(path, line_layer)
    picture = image if isinstance(image, Image.Image) else Image.fromarray(_array(image))
    check_size(*picture.size)
    return Source("", Path(), "", None), drawing_of(picture)


def _array(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError(f"an array must be (H, W[, C]) uint8, got {image.dtype} {image.shape}")
    return image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image


def _palette(value: str | Iterable[str] | Palette | None, sheet: Sheet | None) -> Palette | None:
    if isinstance(value, Palette):
        return value
    return palette_of(sheet) if value is None else palette_from(value)

"""One facesjs face: which drawing of each feature it shows, and how they are put together.

The features are SVG parts in the npm package's data; where they go on a page of 400 x 600 is
facesjs' own layout (build/display.js of facesjs 5.0.3, Apache-2.0), followed here without node.
"""

from __future__ import annotations

import functools
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import ImageColor

from colorrl.data.boundary.plain_svg import SVG
from colorrl.data.preparation.coloring import under_ink
from colorrl.data.preparation.render import on_white, rasterize
from colorrl.data.sets.npm_package import NpmPackage
from colorrl.data.source import Rendering

Box = tuple[float, float, float, float]  # left, top, right, bottom
Variants = Mapping[str, str]  # feature -> name of its drawing

# Features from back to front, each with the centres of its copies; the second is mirrored. None:
# drawn in place. Those that scale with the head are marked.
LAYOUT: tuple[tuple[str, tuple[tuple[float, float], ...], bool], ...] = (
    ("hairBg", (), True),
    ("body", (), False),
    ("jersey", (), False),
    ("ear", ((55, 325), (345, 325)), True),
    ("head", (), True),
    ("eyeLine", (), False),
    ("smileLine", ((150, 435), (250, 435)), False),
    ("miscLine", (), False),
    ("facialHair", (), True),
    ("eye", ((140, 310), (260, 310)), False),
    ("eyebrow", ((140, 270), (260, 270)), False),
    ("mouth", ((200, 440),), False),
    ("nose", ((200, 370),), False),
    ("hair", (), True),
    ("glasses", (), True),
    ("accessories", (), True),
)
FEATURES = tuple(name for name, _, _ in LAYOUT)
EAR_SHIFT = 31.0  # from the fattest face to the thinnest
VIEW = "-75 50 550 550"  # the page's lower edge cuts the chest
SKIN = ("#f2d6cb", "#ddb7a0", "#fedac7", "#f0c5a3", "#eab687", "#bb876f", "#a67358", "#74453d",
        "#5c3937")  # fmt: skip
HAIR = ("#272421", "#3d2314", "#5a3825", "#cc9966", "#b55239", "#e9c67b", "#8a8a8a", "#3a6ea5",
        "#c9507b")  # fmt: skip
SHIRT = ("#89bfd3", "#7a1319", "#07364f", "#f2b632", "#2e7d32", "#6a1b9a", "#ef6c00", "#eceff1",
         "#d81b60", "#00897b", "#5d4037", "#1565c0")  # fmt: skip
COLORS = {"skinColor": SKIN, "hairColor": HAIR, "primary": SHIRT, "secondary": SHIRT,
           "accent": SHIRT}  # fmt: skip
MARK = re.compile(r"\$\[(\w+)\]")
FILL = re.compile(r'(fill(?:="|:))([^";]+)')
STROKE = re.compile(r'(stroke(?:="|:))(?!none)([^";]+)')
TRANSLUCENT = re.compile(r"rgba\([^)]*\)")
HAIRLINE = 3  # width of lines that name none, in units of the page
PROBE = 200.0  # units of page around the origin that a feature may reach


@dataclass(frozen=True, slots=True)
class Face:
    """Which drawing of each feature; "none" is one of them."""

    variants: Variants

    def id(self, parts: Mapping[str, Mapping[str, str]]) -> str:
        """Two digits a feature: the place of its drawing among ``parts``, sorted."""
        return "".join(f"{sorted(parts[f]).index(self.variants[f]):02d}" for f in FEATURES)

    @classmethod
    def of(cls, id: str, parts: Mapping[str, Mapping[str, str]]) -> Face:
        """The face whose ``id`` this is."""
        digits = [int(id[2 * k : 2 * k + 2]) for k in range(len(FEATURES))]
        return cls({f: sorted(parts[f])[d] for f, d in zip(FEATURES, digits, strict=True)})


@functools.lru_cache(maxsize=2)
def parts_of(package: NpmPackage) -> dict[str, dict[str, str]]:
    """Feature -> name -> SVG. Raises ValueError if the package holds no such data."""
    text = package.text("build/svgs.js")
    try:
        found = json.loads(text[text.index("{") : text.rindex("}") + 1])
        return {f: {name: found[f][name] for name in sorted(found[f])} for f in FEATURES}
    except (ValueError, KeyError) as error:
        raise ValueError(f"{package.file}: no drawings in build/svgs.js ({error})") from None


def render(id: str, parts: Mapping[str, Mapping[str, str]], size: int) -> Rendering:
    """The face of ``id`` in colours drawn by its name; its own outlines are the lines."""
    svg = TRANSLUCENT.sub("none", _composed(Face.of(id, parts), parts, random.Random(id)))
    chosen = {name: random.Random(f"{id} {name}").choice(of) for name, of in COLORS.items()}
    svg = MARK.sub(lambda m: chosen.get(m[1], "none"), svg)
    svg = STROKE.sub(r"\1#000", svg)
    paints = {p for _, p in FILL.findall(svg)} - {"none", "#000"}
    paints = {p for p in paints if not p.startswith("url(")}
    white = FILL.sub(lambda m: m[1] + ("#fff" if m[2] in paints else m[2]), svg)
    line = on_white(rasterize(white, size))[..., 1]
    whole = rasterize(svg, size)
    return Rendering(
        line=line,
        fill=under_ink(whole, line),
        paints=tuple(sorted({ImageColor.getrgb(p)[:3] for p in paints})),
        whole=on_white(whole),
        backdrop=True,
    )


def _composed(face: Face, parts: Mapping[str, Mapping[str, str]], chance: random.Random) -> str:
    """The face as SVG with its colours' names, its sizes and angles by ``chance``."""
    fatness, nose, ear = chance.random(), chance.uniform(0.6, 1.2), chance.uniform(0.6, 1.3)
    size = {"nose": nose, "ear": ear}
    angle = {"eye": chance.uniform(-10, 15), "eyebrow": chance.uniform(-12, 15)}
    drawn = []
    for feature, centers, fat in LAYOUT:
        part = parts[feature].get(face.variants[feature], "")
        box = _box(part) if part else None
        if box is None:
            continue
        if not centers:
            x = (box[0] + box[2]) / 2
            wide = 0.8 + 0.2 * fatness if fat else 1.0
            drawn.append(
                f'<g transform="translate({x} 0) scale({wide} 1) translate({-x} 0)">{part}</g>'
            )
        for k, (x, y) in enumerate(centers):
            side = 1 - 2 * k
            at = x + side * EAR_SHIFT * (1 - fatness) if feature == "ear" else x
            scale, turn = size.get(feature, 1.0), side * angle.get(feature, 0.0)
            drawn.append(_placed(part, box, (at, y), (side * scale, scale), turn))
    lines = f'<g stroke-width="{HAIRLINE}">{"".join(drawn)}</g>'
    return f'<svg xmlns="{SVG}" viewBox="{VIEW}">{lines}</svg>'


def _placed(
    part: str, box: Box, at: tuple[float, float], scale: tuple[float, float], turn: float
) -> str:
    """``part`` with the middle of its ``box`` at ``at``."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    moves = f"translate({at[0]} {at[1]}) rotate({turn}) scale({scale[0]} {scale[1]})"
    return f'<g transform="{moves} translate({-x} {-y})">{part}</g>'


@functools.lru_cache(maxsize=512)
def _box(part: str) -> Box | None:
    """Where ``part`` draws, to two units; None if it draws nothing."""
    view = f"{-PROBE} {-PROBE} {4 * PROBE} {4 * PROBE}"
    svg = f'<svg xmlns="{SVG}" viewBox="{view}">{MARK.sub("#888", part)}</svg>'
    y, x = np.nonzero(rasterize(svg, round(2 * PROBE))[..., 3] > 0)
    if len(x) == 0:
        return None
    left, top, right, bottom = (2.0 * int(v) - PROBE for v in (x.min(), y.min(), x.max(), y.max()))
    return left, top, right + 2, bottom + 2

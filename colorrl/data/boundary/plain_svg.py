"""SVG pictures reduced to opaque shapes of one colour each, without antialiasing."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
from PIL import ImageColor

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# Shapes below this opacity are shading, light or glass: they are left out. The others are opaque
OPAQUE = 0.8
OPACITIES = ("opacity", "fill-opacity", "stroke-opacity")
PAINTS = ("fill", "stroke")
MARGIN = 0.04  # of the picture's side


def document(body: str, box: tuple[float, float, float, float]) -> str:
    """The SVG of ``body`` (elements as text) in a square around ``box``: left, top, width, height.

    With a margin on which lines around the picture have room.
    """
    left, top, width, height = box
    side = max(width, height) * (1 + 2 * MARGIN)
    view = f"{left - (side - width) / 2} {top - (side - height) / 2} {side} {side}"
    return f'<svg xmlns="{SVG}" xmlns:xlink="{XLINK}" viewBox="{view}">{body}</svg>'


def plain(svg: str) -> str:
    """``svg`` with gradients as their mean stop colour and without translucent shapes.

    Raises ValueError if it is not well-formed XML.
    """
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise ValueError(f"not a well-formed SVG ({error})") from error
    gradients = {e.get("id", ""): e for e in root.iter() if e.tag.endswith("Gradient")}
    means = {f"url(#{name})": _mean(e, gradients) for name, e in gradients.items()}
    _simplify(root, means)
    root.set("shape-rendering", "crispEdges")
    return ET.tostring(root, encoding="unicode")


def _simplify(parent: ET.Element, means: dict[str, tuple[str, float]]) -> None:
    """Paint the elements below ``parent`` in one opaque colour each, drop the translucent ones."""
    for element in list(parent):
        opacity = float(element.get("opacity", 1))
        for paint in PAINTS:
            share = float(element.get(f"{paint}-opacity", 1))
            color = element.get(paint, "")
            if color.startswith("url("):
                color, mean_opacity = means.get(color, ("none", 1.0))
                share *= mean_opacity
            if color.startswith("rgba("):
                share *= _color(color)[1]
            if color:
                element.set(paint, color if share * opacity >= OPAQUE else "none")
        for name in OPACITIES:
            element.attrib.pop(name, None)
        element.attrib.pop("filter", None)
        if opacity < OPAQUE:
            parent.remove(element)
        else:
            _simplify(element, means)


def _mean(gradient: ET.Element, others: dict[str, ET.Element]) -> tuple[str, float]:
    """The mean colour of a gradient's stops as #rrggbb, and their mean opacity."""
    stops = [e for e in gradient if e.tag.endswith("stop")]
    link = gradient.get("href") or gradient.get(f"{{{XLINK}}}href") or ""
    if not stops and link[1:] in others and others[link[1:]] is not gradient:
        return _mean(others[link[1:]], others)
    if not stops:
        return "none", 1.0
    colors, alphas = zip(*(_color(s.get("stop-color", "#000")) for s in stops), strict=True)
    opacities = np.array([float(s.get("stop-opacity", 1)) for s in stops]) * alphas
    weights = opacities if opacities.sum() > 0 else np.ones(len(stops))
    mean = np.rint(np.average(np.array(colors), axis=0, weights=weights)).astype(np.uint8)
    return "#" + mean.tobytes().hex(), float(opacities.mean())


def _color(text: str) -> tuple[tuple[int, ...], float]:
    """Red, green and blue of a CSS colour, and its opacity. Raises ValueError for another word."""
    with_alpha = re.fullmatch(r"rgba\(([^,]+,[^,]+,[^,]+),([^,]+)\)", text)
    if with_alpha:
        return ImageColor.getrgb(f"rgb({with_alpha[1]})")[:3], float(with_alpha[2])
    return ImageColor.getrgb(text)[:3], 1.0

"""Synthetic SVG drawings in OpenMoji's form."""

from pathlib import Path

from colorrl.config.schema.data import DataConfig, PrepareConfig, ScreenConfig, SplitConfig

HEAD = '<svg viewBox="0 0 72 72" xmlns="http://www.w3.org/2000/svg">'
OPENMOJI = {"_target_": "colorrl.data.sets.openmoji.OpenMoji", "folder": None}
STROKE = 'fill="none" stroke="#000" stroke-width="2"'


def drawing(shapes: list[tuple[str, str]]) -> str:
    """An SVG whose ``shapes`` (element without its end, fill) are painted and outlined."""
    color = "".join(f'<{shape} fill="{fill}"/>' for shape, fill in shapes)
    line = "".join(f"<{shape} {STROKE}/>" for shape, _ in shapes)
    return f'{HEAD}<g id="color">{color}</g><g id="line">{line}</g></svg>'


def two_rooms(x: int, y: int, left: str, right: str) -> str:
    """Two boxes side by side at (x, y)."""
    return drawing(
        [
            (f'rect x="{x}" y="{y}" width="20" height="24"', left),
            (f'rect x="{x + 20}" y="{y}" width="16" height="24"', right),
        ]
    )


def rings(cx: int, radii: list[int], fills: list[str]) -> str:
    """Circles around one centre, the largest first."""
    pairs = zip(radii, fills, strict=True)
    return drawing([(f'circle cx="{cx}" cy="36" r="{r}"', fill) for r, fill in pairs])


DRAWINGS = {
    "1F3E0": two_rooms(10, 10, "#d22f27", "#fcea2b"),
    "1F3E0-1F3FB": two_rooms(10, 10, "#d22f27", "#fadcbc"),
    "1F3E1": two_rooms(14, 12, "#5c9e31", "#b1cc33"),  # a near-twin of 1F3E0
    "1F36A": rings(36, [30, 12], ["#a57939", "#6a462f"]),
    "1F3AF": rings(30, [24, 16, 7], ["#ea5a47", "#fff", "#1e50a0"]),
    "2B55": rings(36, [20], ["#d22f27"]),  # one enclosed region
    "1F1E6": two_rooms(8, 8, "#d22f27", "#1e50a0"),  # a flag
    "E000": f'{HEAD}<g id="color"><rect x="5" y="5" width="9" height="9"/></g></svg>',
}


def write_drawings(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, svg in DRAWINGS.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    return folder


def prepare_config(root: Path, size: int = 128, seed: int = 0) -> PrepareConfig:
    return PrepareConfig(
        data=DataConfig(
            name="작은 세트",
            root=root,
            size=size,
            seed=seed,
            source=None,
            reader=OPENMOJI,
            sets={},
            rendering=False,
            palette_condition="shares",
            part=[0.0, 1.0],
        ),
        workers=1,
        force=False,
        demo=None,
        screen=ScreenConfig(0.03, 0.005, 0.05, 0.4, 0.55),
        split=SplitConfig(likeness=0.7, held_out=0.3, max_held_out=12, learned=[]),
    )

"""Self-contained HTML: pictures inline, nothing fetched, readable in light and dark."""

from __future__ import annotations

import base64
import html
import mimetypes
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem }
p.note { color: #888; margin: .2rem 0 } code { font-size: .9em }
div.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; max-width: 24rem; overflow-wrap: anywhere }
th { font-weight: 600 } tr:hover td { background: var(--soft) }
img { max-width: 100%; background: #fff; border-radius: 6px }
figure { margin: 0 0 1.2rem } figcaption { color: #888 }
div.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 1rem }
div.pairs figure { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; margin: 0 }
div.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 1rem }
div.cards img { max-height: 320px } div.cards figcaption, div.cards p { overflow-wrap: anywhere }
div.pairs figcaption { grid-column: 1 / -1 }
"""


def page(title: str, *sections: str) -> str:
    """An HTML document of ``sections`` (each already HTML)."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body>\n<h1>{html.escape(title)}</h1>\n" + "\n".join(sections) + "\n</body></html>\n"
    )


def heading(text: str) -> str:
    return f"<h2>{html.escape(text)}</h2>"


def note(text: str) -> str:
    return f'<p class="note">{html.escape(text)}</p>'


def code(text: str) -> str:
    return f'<p class="note"><code>{html.escape(text)}</code></p>'


def table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Rows of plain text."""
    top = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in body)
    inner = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{inner}</table></div>'


def picture(path: Path, caption: str = "") -> str:
    """The file at ``path`` inline. FileNotFoundError if it is missing."""
    return f"<figure>{_image(path, caption)}{_caption(caption)}</figure>"


def pairs(pictures: Sequence[tuple[Path, Path, str]]) -> str:
    """Cards of two files side by side over one caption. FileNotFoundError if one is missing."""
    cards = (
        f"<figure>{_image(left, caption)}{_image(right, caption)}{_caption(caption)}</figure>"
        for left, right, caption in pictures
    )
    return f'<div class="pairs">{"".join(cards)}</div>'


def cards(pictures: Sequence[tuple[str | None, Sequence[str], str]]) -> str:
    """Cards of a picture, a caption and links to files; paths from the page, nothing inline.

    A picture leads to the first file.
    """
    made = (
        f"<figure>{_linked(source, files[0], caption)}{_caption(caption)}{_links(files)}</figure>"
        for source, files, caption in pictures
    )
    return f'<div class="cards">{"".join(made)}</div>'


def _linked(source: str | None, target: str, alt: str) -> str:
    if source is None:
        return ""
    picture = f'<img loading="lazy" alt="{html.escape(alt, quote=True)}" src="{_url(source)}">'
    return f'<a href="{_url(target)}">{picture}</a>'


def _links(files: Sequence[str]) -> str:
    named = (f'<a href="{_url(f)}">{html.escape(PurePosixPath(f).name)}</a>' for f in files)
    return f'<p class="note">{" ".join(named)}</p>'


def _url(path: str) -> str:
    # a leading ./ lets no name pass for a protocol
    return html.escape(f"./{quote(path)}", quote=True)


def _image(path: Path, alt: str) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "image/png"
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{html.escape(alt, quote=True)}" src="data:{kind};base64,{data}">'


def _caption(text: str) -> str:
    return f"<figcaption>{html.escape(text)}</figcaption>" if text else ""

"""README.md and those of the rooms: short, links lead somewhere, commands are accepted."""

import re
import shlex
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from colorrl.cli.quoting import is_sweep, quote
from colorrl.config.compose import check, conf_dir
from colorrl.config.schema import VERBS

ROOT = conf_dir().parent
PAGES = sorted(
    [
        ROOT / "README.md",
        *(p for room in ("colorrl", "conf", "datasets", "experiments", "tests")
          for p in (ROOT / room).rglob("README.md")),
    ]
)  # fmt: skip
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```\n(.*?)^```", re.M | re.S)
PLACEHOLDER = re.compile(r"\b(PRESET|FOLDER|NAME|VERB|RUN|HASH|OUTPUT|BASE|mine)\b|\.\.\.")


def name(page: Path) -> str:
    return str(page.parent.relative_to(ROOT))


def commands(page: Path) -> list[list[str]]:
    """Arguments of each `colorrl VERB` command in the page's code blocks, comments left out."""
    blocks = "\n".join(FENCE.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ")
    rows = [re.split(r"\s+#(?:\s|$)", row)[0] for row in blocks.splitlines()]
    rows = [row for row in rows if row.startswith("colorrl ") and not PLACEHOLDER.search(row)]
    return [from_verb(shlex.split(row)[1:]) for row in rows]


def from_verb(words: list[str]) -> list[str]:
    """Without `launch` and its options."""
    first = next(i for i, word in enumerate(words) if word in VERBS)
    return words[first:] if words[0] == "launch" else words


def anchors(page: Path) -> set[str]:
    """GitHub's anchors of the page's headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_first_page_is_short():
    """At most 12 kB. Seen to fail with the README of before, which had 44."""
    assert (ROOT / "README.md").stat().st_size <= 12_000


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    """Seen to fail with a link to a room that has no README."""
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=name)
def test_commands_are_accepted(page):
    """Each composes to a valid configuration. Seen to fail with told= renamed in conf alone."""
    for verb, *words in commands(page):
        swept = is_sweep(words)
        words = [word for word in quote(words, VERBS[verb]) if not word.startswith("-")]
        if swept:  # each value of a sweep is a run of its own: the first
            words = [word.split(",")[0] for word in words]
        GlobalHydra.instance().clear()
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            check(verb, compose(verb, words))

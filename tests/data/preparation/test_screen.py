from dataclasses import replace

import pytest

from colorrl.data.preparation.pair import make_pair
from colorrl.data.sets.openmoji import OpenMoji
from tests.data.svgs import DRAWINGS, HEAD, STROKE, drawing, prepare_config, rings

SCREEN = prepare_config(None).screen
LINE = f'<g id="line"><rect x="8" y="8" width="40" height="40" {STROKE}/></g></svg>'
BAD = {
    "no line group": f'{HEAD}<g id="color"><rect width="20" height="20" fill="#f00"/></g></svg>',
    "no colour group": f'{HEAD}<g id="color"/>{LINE}',
    "painted share": drawing([('rect x="8" y="8" width="8" height="8"', "#f00")]),
    "fewer than 2 enclosed": DRAWINGS["2B55"],
    "fewer than 2 fills": rings(36, [30, 12], ["#f00", "#f00"]),
    "not the drawing": DRAWINGS["1F36A"].replace(
        "</g></svg>", '<rect x="30" y="30" width="9" height="9" fill="#00f"/></g></svg>'
    ),
    "painted background": f'{HEAD}<g id="color"><rect width="72" height="72" fill="#92d3f5"/>'
    f'</g><g id="line"><circle cx="36" cy="36" r="20" {STROKE}/><circle cx="36" cy="36" r="9" '
    f"{STROKE}/></g></svg>",
    "translucent": DRAWINGS["1F36A"].replace("<circle", '<circle opacity="0.5"'),
    "outside closed": DRAWINGS["1F3E0"].replace(
        "</g>", '<rect x="8" y="36" width="50" height="30" fill="#f00"/></g>', 1
    ),
}


def fault_of(svg, folder, screen=SCREEN):
    path = folder / "x.svg"
    path.write_text(svg, encoding="utf-8")
    rendering = OpenMoji(folder).render("x", 128)
    found = rendering if isinstance(rendering, str) else make_pair(rendering, 128, screen)
    return found if isinstance(found, str) else None


@pytest.mark.parametrize("name", ["1F3E0", "1F36A", "1F3AF"])
def test_good_pairs_pass(name, tmp_path):
    assert fault_of(DRAWINGS[name], tmp_path) is None


@pytest.mark.parametrize("reason", BAD)
def test_bad_pairs_are_named(reason, tmp_path):
    assert reason in str(fault_of(BAD[reason], tmp_path))


def test_purity_is_what_the_threshold_says(tmp_path):
    """A third of the left room is shaded."""
    shade = '<rect x="10" y="10" width="20" height="8" fill="#000"/></g><g id="line">'
    svg = DRAWINGS["1F3E0"].replace('</g><g id="line">', shade)
    assert fault_of(svg, tmp_path) is None
    assert "purity" in str(fault_of(svg, tmp_path, replace(SCREEN, min_agreement=0.9)))

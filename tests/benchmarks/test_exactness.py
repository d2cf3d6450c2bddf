from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from colorrl.benchmarks.exactness import faults, strays
from colorrl.export import formats
from colorrl.export.jobs import Job
from colorrl.export.painted import as_bytes
from colorrl.images.image import strokes
from colorrl.palette import palette_from
from colorrl.regions.segment import part
from tests.export.pages import painted

PALETTE = palette_from("#ff0000,#00ff00,#0000ff")


@pytest.fixture
def colored(tmp_path):
    """A job whose files are exact, and the page they were made of."""
    page = painted(tmp_path)
    line = np.full((24, 40, 1), 255, np.uint8)
    line[:, 13:15], line[10] = 0, 40
    page.source.path.unlink()
    Image.fromarray(line[..., 0]).save(page.source.path)
    regions = part(strokes(line))
    colors = as_bytes(PALETTE.colors.numpy())[np.arange(regions.n_regions + 1) % 3]
    bare = np.arange(regions.n_regions + 1) < 2
    page = replace(
        page, line=line, region_index=regions.region_index.numpy(), colors=colors, bare=bare
    )
    out = tmp_path / "out"
    job = Job(page.source.page, page.source.path, out / "선화", out)
    return job, page


def write(job, page):
    formats.write(["flats", "composite", "psd"], job.stem, page)


def test_exact_files_have_no_fault(colored):
    job, page = colored
    write(job, page)
    assert faults(job, PALETTE) == []


@pytest.mark.parametrize("said", ["several colours", "not of the palette", "line is not", "times"])
def test_each_fault_is_seen(colored, said):
    job, page = colored
    region_index, line, colors = page.region_index.copy(), page.line.copy(), page.colors.copy()
    if said == "several colours":
        region_index[0, 0] = 3
    elif said == "not of the palette":
        colors[2] = (1, 2, 3)
    else:
        line[3, 3] = 200
    write(job, replace(page, region_index=region_index, line=line, colors=colors))
    assert any(said in fault for fault in faults(job, PALETTE))


def test_a_stray_pixel_is_seen():
    label = np.array([[1, 0, 0, 0, 2]])
    assert strays(np.array([[1, 1, 2, 2, 2]]), label) == 0
    assert strays(np.array([[1, 2, 1, 2, 2]]), label) == 2

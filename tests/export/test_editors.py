from dataclasses import replace

import numpy as np
import pytest

from colorrl.export import formats
from tests.export.editors import check, compare, in_psd_tools, installed
from tests.export.pages import painted


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 4])
def test_every_program_here_reads_back_what_was_written(tmp_path, channels):
    """GIMP and Krita where they are installed: seconds for each file."""
    page = painted(tmp_path, channels)
    formats.write(["psd", "ora"], tmp_path / "쪽", page)
    verdicts = check(page, tmp_path / "쪽")
    assert {program for program, _ in verdicts} == set(installed())
    bad = {key: verdict for key, verdict in verdicts.items() if not verdict.good}
    assert not bad


def test_the_check_sees_every_kind_of_fault(tmp_path):
    page = painted(tmp_path)
    formats.write(["psd"], tmp_path / "쪽", page)
    reading = in_psd_tools(tmp_path / "쪽.psd")
    assert compare(page, reading).good
    line = reading.layers[0]
    touched = replace(line, pixels=line.pixels ^ np.eye(24, 40, dtype=np.uint8)[..., None])
    assert not compare(page, replace(reading, layers=[touched, *reading.layers[1:]])).line
    page.colors[3] = 0
    verdict = compare(page, reading)
    assert not verdict.flats and not verdict.names and verdict.composite > 1

import math
import os
import time
from functools import partial

import pytest

from colorrl.benchmarks.supervised import Lost, supervised_map

run = partial(supervised_map, workers=1, timeout_s=2, memory_gb=1, title="test")


def test_a_crash_is_the_loss_of_one_item():
    assert run(os._exit, [3]) == [Lost("crash", "exit code 3")]
    assert run(math.sqrt, [4.0, 9.0]) == [2.0, 3.0]


def test_what_hangs_is_stopped():
    assert run(time.sleep, [600, 0]) == [Lost("hang", "over 2 s"), None]


def test_a_huge_allocation_fails_instead_of_filling_the_machine():
    assert len(run(bytearray, [2**20])[0]) == 2**20
    with pytest.raises(MemoryError):
        run(bytearray, [2**32])

"""A device that is not there is refused before any work is done."""

from types import SimpleNamespace

import psutil
import pytest
import torch

from colorrl import device
from colorrl.device import peak_memory_gib, pick_device
from colorrl.errors import UserError


def test_auto_takes_what_is_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device("auto") == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", ""])
def test_what_is_none_exits_2(name):
    with pytest.raises(UserError, match=f"^device={name}: .* Give cpu, cuda or auto") as fault:
        pick_device(name)
    assert fault.value.exit_code == 2


def test_peak_memory_where_there_is_no_module_resource(monkeypatch):
    """Windows."""
    assert 0.01 < peak_memory_gib(torch.device("cpu")) < 1000
    monkeypatch.setattr(device, "resource", None)
    monkeypatch.setattr(
        psutil.Process, "memory_info", lambda self: SimpleNamespace(peak_wset=3 * 2**30)
    )
    assert peak_memory_gib(torch.device("cpu")) == 3.0

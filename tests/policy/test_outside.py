"""Networks of modules outside the project: trained, saved, refused."""

import sys

import pytest
import torch

from colorrl.errors import UserError
from colorrl.policy.outside import refuse_unloadable
from colorrl.policy.pipeline import load_generator, save_generator
from tests.own_networks import Bare, Forgetful, Net


def write(folder, network):
    save_generator(folder, network, n_steps=3, shift=2.0, rho=0.0)


def test_a_network_of_ones_own_comes_back(tmp_path, small_drawings):
    write(tmp_path, Net(kernel=5))
    found = load_generator(str(tmp_path))
    assert type(found.network) is Net and found.network.config.kernel == 5
    assert found.sample(small_drawings, torch.arange(4)).shape == (4, 3, 32, 32)


def test_a_folder_cannot_have_a_module_imported(tmp_path, monkeypatch):
    """It must be allowed first. Seen to fail with importlib in place of sys.modules."""
    write(tmp_path, Net())
    monkeypatch.delitem(sys.modules, "tests.own_networks")
    with pytest.raises(UserError, match=r"needs the network tests\.own_networks\.Net.*imports=\["):
        load_generator(str(tmp_path))
    assert "tests.own_networks" not in sys.modules


def test_what_could_not_be_loaded_later_is_refused_before_training(monkeypatch):

    class Local(Net):
        pass

    with pytest.raises(UserError, match=r"Local could not be loaded later, since no import"):
        refuse_unloadable(Local(), write, load_generator)
    with pytest.raises(UserError, match=r"Forgetful"):
        refuse_unloadable(Forgetful(kernel=5), write, load_generator)
    with pytest.raises(UserError, match=r"Linear has no space"):
        refuse_unloadable(torch.nn.Linear(2, 2), write, load_generator)
    with pytest.raises(UserError, match=r"Bare could not be loaded later: .*ConfigMixin"):
        refuse_unloadable(Bare(), write, load_generator)
    refuse_unloadable(Net(kernel=5), write, load_generator)

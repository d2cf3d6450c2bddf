"""A pipeline's run in processes of its own: two of them, and one that is killed."""

import pytest
import torch
from safetensors import safe_open

from colorrl.config.compose import run_dir
from colorrl.run import checkpoint
from colorrl.scripts.train import main
from tests.gradient_of_processes import first_step
from tests.policy.hub.test_policy import HUB, base  # noqa: F401  a fixture
from tests.scripts.test_train import all_rows
from tests.test_processes import TWO, finished, kill_and_resume, start
from tests.tiny import assert_same_state, train_config, train_overrides

pytestmark = pytest.mark.slow


def test_two_processes_give_the_adapters_gradient_of_one(run_inputs, tmp_path, base):  # noqa: F811
    """Seen to fail with gradients that are not summed."""
    words = [*HUB, f"policy.path='{base}'"]
    places = (run_inputs, tmp_path / "runs", tmp_path / "two.pt")
    code, out = finished(start(*TWO, "tests/gradient_of_processes.py", *places, *words))
    assert code == 0, out
    two = torch.load(tmp_path / "two.pt", weights_only=True)
    run, one = first_step(train_config(run_inputs, tmp_path / "runs", *words))
    assert (one["n_processes"], two["n_processes"]) == (1, 2)
    assert torch.equal(one["seed"], two["seed"]) and torch.equal(one["noise"], two["noise"])
    n_learned = sum(p.numel() for p in run.weights.parameters)
    assert len(one["gradient"]) == len(two["gradient"]) == n_learned  # of the adapter alone
    assert one["gradient"].norm() > 0
    away = (one["gradient"] - two["gradient"]).norm() / one["gradient"].norm()
    assert away <= 1e-5


def test_a_run_killed_at_any_moment_is_the_same_after_resuming(run_inputs, tmp_path, base):  # noqa: F811
    """The adapter's file too. Seen to fail with target modules in the order of a set."""
    hub = [*HUB, f"policy.path='{base}'", "trainer.save_every=1"]
    straight = train_config(run_inputs, tmp_path / "straight", *hub)
    main(straight)
    words = [*train_overrides(run_inputs, tmp_path / "killed"), *hub]
    folder = run_dir(train_config(run_inputs, tmp_path / "killed", *hub))
    kill_and_resume("train", words, folder)
    other = run_dir(straight)
    assert_same_state(*(checkpoint.load(checkpoint.latest(f)) for f in (folder, other)))
    assert all_rows(folder) == all_rows(other)
    weights = "generator/pytorch_lora_weights.safetensors"
    assert contents(folder / weights) == contents(other / weights)


def contents(path):
    """Every tensor's bytes and the metadata: safetensors writes keys of the latter in any order."""
    with safe_open(path, "pt") as file:
        names = file.keys()
        return {n: file.get_tensor(n).numpy().tobytes() for n in names}, file.metadata()

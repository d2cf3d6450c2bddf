"""Verbs from Python: the same runs as the command line's, with what they made as objects."""

import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
import torch

import colorrl
from colorrl.errors import UserError
from colorrl.policy.pipeline import load_generator
from tests.tiny import train_overrides

COMMAND = "colorrl train "


def words(run_inputs, runs):
    """One update of the smallest run, quoted as a person types it."""
    plain = [word.replace("'", "") for word in train_overrides(run_inputs, runs)]
    return [*plain, "trainer.updates=1", "trainer.sketches=2", "trainer.group_size=2"]


@pytest.fixture(scope="module")
def run(run_inputs, tmp_path_factory):
    return colorrl.train(words(run_inputs, tmp_path_factory.mktemp("runs")))


def test_importing_the_package_stays_fast():
    code = "import sys, colorrl; assert not {'torch', 'hydra'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert all(callable(getattr(colorrl, name)) for name in colorrl.__all__)


def test_a_run_has_figures_curves_and_a_generator(run):
    """result.json names the command that would make it again."""
    assert run.figures["step"] == 1 and "eval/reward_gain" in run.figures
    assert run.figures["command"].startswith(COMMAND) and "작은 세트" in run.figures["command"]
    images, values = run.curves["reward/total"]
    assert images[-1] == 4 and len(values) == len(images)
    assert repr(run).startswith(f"Result('{run.folder}': ") and "a generator" in repr(run)
    assert len(repr(run)) < 300
    assert f"| eval/reward_gain | {run.figures['eval/reward_gain']:.4g} |" in run._repr_markdown_()
    assert load_generator(str(run.generator)).size == 32
    assert run.colorizer("cpu").generator.size == 32
    assert colorrl.Result.open(run.folder) == run


def test_runs_side_by_side(run, tmp_path):
    found = colorrl.compare([run.folder], [f"output={tmp_path / '비교'}"])
    assert list(found.figures["groups"]) and found.generator is None
    assert found._repr_markdown_() == (tmp_path / "비교" / "table.md").read_text("utf-8")
    with pytest.raises(UserError, match="holds no generator"):
        found.colorizer()


@pytest.mark.parametrize(
    ("overrides", "fault", "message"),
    [
        (["trainr.updates=1"], UserError, "did you mean 'trainer.updates'"),
        (["reward=pared"], UserError, "did you mean 'paired'"),
        (["dry_run=true"], UserError, "dry_run=true makes nothing"),
        ("seed=1", TypeError, r"give a list, \['seed=1'\]"),
    ],
)
def test_a_mistake_is_an_exception_with_the_line_of_the_command(overrides, fault, message):
    with pytest.raises(fault, match=message):
        colorrl.train(overrides)


def test_a_set_is_prepared(tmp_path):
    """Threads are as before: a single worker takes one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        made = colorrl.prepare([
            "data=procedural", f"data.root={tmp_path}", "data.size=32", "workers=1",
            "data.reader.train=6", "data.reader.held_out=3",
        ])  # fmt: skip
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert made.folder == tmp_path / "procedural/pixels/32" and made.figures["kept"] > 6


@pytest.fixture
def hub(monkeypatch):
    """What goes to the hub: repository -> the files of the folder."""
    sent = {}

    def create_repo(self, repo_id, **options):
        sent["private"] = options["private"]
        return f"hub/{repo_id}"

    def upload_folder(self, *, repo_id, folder_path, **options):
        files = (p for p in Path(folder_path).rglob("*") if p.is_file())
        sent[repo_id] = {str(p.relative_to(folder_path)): p.read_bytes() for p in files}

    monkeypatch.setattr(huggingface_hub.HfApi, "create_repo", create_repo)
    monkeypatch.setattr(huggingface_hub.HfApi, "upload_folder", upload_folder)
    return sent


def test_a_run_goes_to_the_hub_with_a_card_and_comes_back(run, hub, tmp_path):
    address = run.push_to_hub("owner/flats", private=True, license="cc-by-sa-4.0")
    assert address == "hub/owner/flats" and hub["private"] is True
    for name, data in hub["owner/flats"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    weights = [load_generator(str(f)).fingerprint() for f in (tmp_path, run.generator)]
    assert weights[0] == weights[1]
    card = huggingface_hub.ModelCard.load(tmp_path / "README.md")
    assert card.data.license == "cc-by-sa-4.0" and card.data.library_name == "colorrl"
    figures = {r.metric_type: r.metric_value for r in card.data.eval_results}
    assert figures["eval/reward_after"] == pytest.approx(run.figures["eval/reward_after"])
    assert COMMAND in card.text and run.figures["commit"] in card.text


def test_no_hub_is_one_line(run, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=r"owner/flats did not go to the hub .*hf auth login"):
        run.push_to_hub("owner/flats")

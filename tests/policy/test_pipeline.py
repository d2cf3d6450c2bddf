"""Generators as folders: they come back whole, or with an error that names file and remedy."""

import json
import re

import pytest
import torch
from huggingface_hub import snapshot_download

from colorrl.errors import UserError
from colorrl.policy import pipeline
from colorrl.policy.pipeline import (
    fingerprint,
    load_generator,
    load_policy,
    ode_sample,
    save_generator,
    shipped_generators,
)
from colorrl.policy.transition import time_grid
from tests.tiny import NETWORKS, composed, network, perturbed

WEIGHTS = "network/diffusion_pytorch_model.safetensors"


def saved(folder, kind="region", **settings):
    save_generator(folder, network(kind), **({"n_steps": 3, "shift": 2.0, "rho": 0.25} | settings))
    return folder


@pytest.mark.parametrize("kind", NETWORKS)
def test_round_trip(tmp_path, small_drawings, kind):
    made = network(kind)
    found = load_generator(str(saved(tmp_path / "생성기", kind)))
    assert type(found.network) is type(made) and found.size == 32
    expected = made.state_dict()
    assert expected.keys() == found.network.state_dict().keys()
    assert all(torch.equal(expected[k], v) for k, v in found.network.state_dict().items())
    assert (found.config.n_steps, found.config.shift, found.config.rho) == (3, 2.0, 0.25)
    assert not any(m.training for m in found.network.modules())
    assert not any(p.requires_grad for p in found.network.parameters())
    seeds = torch.arange(len(small_drawings))
    image = found.sample(small_drawings, seeds)
    with torch.no_grad():
        again = ode_sample(made, small_drawings, time_grid(3, 2.0), 0.25, seeds)
    assert torch.equal(image, again)
    assert image.shape == (4, 3, 32, 32) and image.min() >= 0 and image.max() <= 1
    assert torch.equal(found(small_drawings, seeds, n_steps=3), image)
    assert not torch.equal(found.sample(small_drawings, seeds, n_steps=1), image)


def test_a_runs_folder_stands_for_its_generator(tmp_path):
    saved(tmp_path / "seed0" / "generator")
    assert load_generator(str(tmp_path / "seed0")).config.n_steps == 3


def test_the_folder_above_a_run_stands_for_its_one_generator(tmp_path):
    """Whatever the run's hash. Of several none is guessed."""
    saved(tmp_path / "micro" / "0a1b2c3d" / "seed0" / "generator")
    assert load_generator(str(tmp_path / "micro")).config.n_steps == 3
    saved(tmp_path / "micro" / "0a1b2c3d" / "seed1" / "generator")
    with pytest.raises(UserError, match=r"several runs, name one: .*seed0, .*seed1"):
        load_generator(str(tmp_path / "micro"))


def test_shipped_ones_go_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "WEIGHTS", tmp_path / "weights")
    saved(tmp_path / "weights" / "micro")
    (tmp_path / "weights" / "notes").mkdir()
    assert shipped_generators() == ["micro"]
    assert load_generator("micro").size == 32
    with pytest.raises(UserError, match=r"no generator 'macro'.*shipped one \(micro\)"):
        load_generator("macro")


def test_a_card_goes_with_it(tmp_path):
    saved(tmp_path, card="# 카드\n")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "# 카드\n"


def truncate(path, kept):
    path.write_bytes(path.read_bytes()[:kept])


def rewrite(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


DAMAGE = {
    "half the weights": (lambda f: truncate(f / WEIGHTS, 9000), WEIGHTS),
    "no weights at all": (lambda f: truncate(f / WEIGHTS, 0), WEIGHTS),
    "weights are gone": (lambda f: (f / WEIGHTS).unlink(), "safetensors"),
    "half the index": (
        lambda f: truncate(f / "model_index.json", 20),
        "model_index.json is damaged",
    ),
    "index of another thing": (
        lambda f: (f / "model_index.json").write_text("[]"),
        "model_index.json is damaged",
    ),
    "another pipeline": (
        lambda f: rewrite(f / "model_index.json", "FlatColorPipeline", "DDPMPipeline"),
        "describes a DDPMPipeline, not a FlatColorPipeline",
    ),
    "half the network's config": (lambda f: truncate(f / "network/config.json", 20), "config.json"),
    "no network config": (lambda f: (f / "network/config.json").unlink(), "config.json"),
    "another width": (
        lambda f: rewrite(f / "network/config.json", '"width": 16', '"width": 24'),
        "expected shape",
    ),
    "more blocks than weights": (
        lambda f: rewrite(f / "network/config.json", '"n_blocks": 1', '"n_blocks": 2'),
        "the weights lack",
    ),
    "a class that is no network": (
        lambda f: rewrite(f / "model_index.json", "RegionFlow", "region_geometry"),
        "does not load as a generator",
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named(tmp_path, damage):
    act, message = DAMAGE[damage]
    act(saved(tmp_path / "gen"))
    with pytest.raises(UserError, match=re.escape(str(tmp_path / "gen"))) as fault:
        load_generator(str(tmp_path / "gen"))
    assert message in str(fault.value)


@pytest.mark.parametrize("name", ["nowhere", "./not/here", "/not/here", "not/here/either", ""])
def test_what_is_not_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="neither a shipped one"):
        load_generator(name)


def test_an_empty_folder(tmp_path):
    with pytest.raises(UserError, match=r"nor a folder with a model_index\.json"):
        load_generator(str(tmp_path))


def test_a_hub_id_without_a_network_fails_after_one_attempt(monkeypatch, tmp_path):
    """No retries: diffusers' own took minutes. Seen to fail with a second attempt."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    asked = []

    def counted(name, **options):
        asked.append(name)
        return snapshot_download(name, **options)

    monkeypatch.setattr("colorrl.policy.pipeline.snapshot_download", counted)
    with pytest.raises(UserError, match=r"'owner/name'.*not come from the hub.*the network"):
        load_generator("owner/name")
    assert asked == ["owner/name"]


def test_other_weights_have_another_fingerprint():
    """Seen to fail with the weights left out."""
    one, same = network("region"), network("region")
    assert fingerprint(one) == fingerprint(same) != fingerprint(perturbed(one, 1e-3))


def test_of_a_hub_s_fault_the_first_line_is_told(monkeypatch):
    """Libraries add paragraphs of advice. Seen to fail with the last line."""

    def gone(name, **options):
        raise OSError("401 Unauthorized\n\nread the docs")

    monkeypatch.setattr(pipeline, "snapshot_download", gone)
    with pytest.raises(UserError, match=r"either \(401 Unauthorized\)"):
        load_generator("owner/name")


def test_a_hub_id_is_downloaded_and_loaded(tmp_path, monkeypatch):
    asked = []

    def download(name, allow_patterns):
        asked.append((name, allow_patterns))
        return str(saved(tmp_path / "snapshot"))

    monkeypatch.setattr(pipeline, "snapshot_download", download)
    assert load_generator("owner/name").size == 32
    assert asked == [("owner/name", ["*.json", "*.safetensors"])]  # no pickles


def test_the_folder_is_in_diffusers_convention(tmp_path):
    index = json.loads((saved(tmp_path) / "model_index.json").read_text())
    assert index["_class_name"] == "FlatColorPipeline"
    assert index["network"] == ["colorrl.policy.region_flow", "RegionFlow"]
    assert sorted(p.name for p in (tmp_path / "network").iterdir()) == [
        "config.json",
        "diffusion_pytorch_model.safetensors",
    ]


def test_a_run_that_is_not_there_names_the_command_that_makes_it(tmp_path, monkeypatch):
    """runs/micro looks like a hub id. Seen to fail where the network was blamed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    for name in ("runs/micro", "elsewhere/micro"):
        with pytest.raises(UserError, match=r"no run has written it.*pretrain name=micro"):
            load_generator(name)


def test_an_adapter_without_a_pipeline_is_refused():
    with pytest.raises(UserError, match="sd_control"):
        load_policy(composed("train", "policy.lora=somewhere").policy)

"""A folder that does not fit is refused in one line that names the part, and nothing of it runs."""

import json

import pytest
import torch
from diffusers import ControlNetModel

from colorrl.errors import UserError
from colorrl.policy.hub import flux_kontext, parts, sd_control
from tests.policy.hub import tiny_pipelines as tiny
from tests.tiny import composed


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A pipeline folder as diffusers' own save_pretrained writes it."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("모델") / "그림"
    tiny.sd(folder.parent / "words").save_pretrained(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy whose files may be changed."""
    copy = tmp_path / "base"
    for path in saved.rglob("*"):
        if path.is_file():
            target = copy / path.relative_to(saved)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return copy


def load(folder, **elsewhere):
    return parts.load(sd_control, folder, elsewhere, torch.float32)


def refused(folder, *words, **elsewhere):
    with pytest.raises(UserError) as fault:
        load(folder, **elsewhere)
    message = str(fault.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_a_folder_of_save_pretrained_loads_with_the_weights_that_were_saved(saved):
    pipe = load(saved)
    again = load(saved)
    ours, theirs = pipe.unet.state_dict(), again.unet.state_dict()
    assert all(torch.equal(ours[k], theirs[k]) for k in ours)
    assert not any(p.requires_grad for p in pipe.unet.parameters())
    assert not pipe.unet.training


def test_a_missing_controlnet_is_named_with_the_option(folder):
    for path in (folder / "controlnet").iterdir():
        path.unlink()
    (folder / "controlnet").rmdir()
    refused(folder, "controlnet", "policy.hub.controlnet=")


def test_a_controlnet_for_a_family_without_one_is_refused():
    """Seen to fail where the key was ignored until the card was written."""
    cfg = composed("train", "policy=flux_kontext", "policy.hub.controlnet=/x").policy.hub
    with pytest.raises(UserError, match="has no ControlNet"):
        parts.check_asked(cfg, flux_kontext, None)


def test_a_controlnet_may_come_from_a_folder_of_its_own(folder, tmp_path):
    """Seen to fail with the base folder's part taken whatever `elsewhere` says."""
    other = ControlNetModel.from_unet(tiny.unet())
    tiny.filled(other, 2.0).save_pretrained(tmp_path / "다른")
    pipe = load(folder, controlnet=tmp_path / "다른")
    ours, theirs = pipe.controlnet.state_dict(), other.state_dict()
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)


def test_a_part_may_come_from_another_pipeline_s_folder(saved, folder):
    """Its subfolder of that name. Seen to fail with the folder itself."""
    changed = tiny.filled(ControlNetModel.from_unet(tiny.unet()), 3.0)
    changed.save_pretrained(folder / "controlnet")
    pipe = load(saved, controlnet=folder)
    ours, theirs = pipe.controlnet.state_dict(), changed.state_dict()
    assert all(torch.equal(ours[k], theirs[k]) for k in theirs)


def test_a_controlnet_of_another_width_is_refused(folder, tmp_path):
    ControlNetModel.from_unet(tiny.unet(48)).save_pretrained(tmp_path / "wide")
    refused(folder, "controlnet", "cross_attention_dim", controlnet=tmp_path / "wide")


def test_channels_that_do_not_fit_are_refused(folder, tmp_path):
    tiny.vae(8).save_pretrained(tmp_path / "vae8")
    refused(folder, "unet", "channels", vae=tmp_path / "vae8")


def test_pickles_are_refused_and_not_opened(folder):
    """The file is named. Seen to fail without the look for safetensors: diffusers then says that
    there are none. The word pickle alone would be found in the folder's name.
    """
    for path in (folder / "unet").glob("*.safetensors"):
        path.rename(path.with_name("diffusion_pytorch_model.bin"))
    refused(folder, "unet", "diffusion_pytorch_model.bin, a pickle")


def test_a_class_of_the_folders_own_is_refused_and_not_imported(folder, monkeypatch):
    """Seen to fail with the index's class imported. The module would leave a mark if it ran."""
    mark = folder / "ran"
    (folder / "unet" / "evil.py").write_text(
        f"open({str(mark)!r}, 'w').close()\nclass Evil: pass\n"
    )
    monkeypatch.syspath_prepend(str(folder / "unet"))
    index = json.loads((folder / "model_index.json").read_text())
    index["unet"] = ["evil", "Evil"]
    (folder / "model_index.json").write_text(json.dumps(index))
    refused(folder, "unet", "evil.Evil")
    assert not mark.exists()


def test_a_scheduler_that_is_none_is_refused(folder):
    index = json.loads((folder / "model_index.json").read_text())
    index["scheduler"] = ["os", "system"]
    (folder / "model_index.json").write_text(json.dumps(index))
    refused(folder, "scheduler")


def test_damaged_and_missing_indexes_are_named(folder):
    (folder / "model_index.json").write_text("{")
    refused(folder, "model_index.json", "damaged")
    (folder / "model_index.json").unlink()
    refused(folder, "model_index.json")


def test_a_hub_id_that_cannot_be_had_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="policy") as fault:
        parts.located("someone/something", None, "policy.path")
    assert "\n" not in str(fault.value)
    with pytest.raises(UserError, match="no folder"):
        parts.located("./nothing/here", None, "policy.path")

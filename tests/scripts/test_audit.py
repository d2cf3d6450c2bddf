"""The audit passes a sound reward, catches a careless one, and writes what it found."""

import json
from dataclasses import replace

import pytest

from colorrl.audit import subjects as loading
from colorrl.config.schema.audit import AuditConfig
from colorrl.errors import UserError
from colorrl.rewards.cheats import CHEATS
from colorrl.rewards.consistency import Consistency
from colorrl.rewards.corruptions import CORRUPTIONS
from colorrl.rewards.leakage import Leakage
from colorrl.rewards.palette import PaletteAdherence
from colorrl.rewards.total import TotalReward
from colorrl.scripts import audit
from tests.tiny import GATED, composed

CARELESS = {
    "consistency": Consistency("mean", 1.0, 1.0, 15.0, 3.0),
    "palette": PaletteAdherence("mean", 1.0, 1.0, 10.0),
    "leakage": Leakage("mean", 1.0, 2.0),
}


@pytest.fixture
def cfg(tmp_path) -> AuditConfig:
    return composed(
        "audit",
        f"output='{tmp_path / '결과'}'",
        "device=cpu",
        "recoloured=2",
        "groups.sketches=0",
        "resolution.sketches=2",
        "ascent.steps=2",
        "ascent.sketches=2",
    )


def _run(cfg, sketches, monkeypatch) -> dict:
    """result.json, also where the audit fails."""
    monkeypatch.setattr(
        loading, "load_sketches", lambda data, split, *_: sketches[split == "test" :: 2]
    )
    try:
        audit.main(cfg)
    finally:
        result = json.loads((cfg.output / "result.json").read_text(encoding="utf-8"))
        assert {"command", "commit", "config_hash", "seed", "device"} <= result.keys()
    return result


@pytest.fixture
def careless(monkeypatch):
    """Every reward is a careless one."""
    monkeypatch.setattr(audit, "instantiate", lambda _: TotalReward(CARELESS, GATED))


def test_the_shipped_reward_passes_and_is_reported(cfg, sketches, monkeypatch, capsys):
    """`paired` as it is, with no blind spot excused. Seen to fail with CARELESS in its place."""
    result = _run(cfg, sketches, monkeypatch)
    assert result["sketches"] == len(sketches) + 2 and result["missed"] == []
    assert result["audit/truth/total"] == pytest.approx(1, abs=1e-3)
    margins = [result[f"audit/{name}/margin"] for name in CHEATS]
    assert result["audit/margin_min"] == pytest.approx(min(margins))
    assert min(margins) > 0.2
    assert result["audit/noise/32/total"] < result["audit/noise/4/total"] < 1
    assert {"audit/ascent_noise/holes", "audit/blur/moved"} <= result.keys()
    written = (cfg.output / "audit.md").read_text(encoding="utf-8")
    shown = capsys.readouterr().out
    assert all(name in written and name in shown for name in [*CHEATS, *CORRUPTIONS])
    html = (cfg.output / "report.html").read_text(encoding="utf-8")
    pictures = ["cheats.png", "corruptions.png", "ascent.png"]
    assert html.count("data:image/png") == len(pictures)
    assert all((cfg.output / name).stat().st_size > 10_000 for name in pictures)


def test_the_plain_mean_of_region_terms_is_caught_by_name(cfg, sketches, monkeypatch, careless):
    # What a naive reward makes of it: a white page scores what the truth scores.
    with pytest.raises(UserError, match="cheats: white_page has a margin of"):
        _run(cfg, sketches, monkeypatch)


def test_known_blind_spots_are_printed_and_do_not_fail(
    cfg, sketches, monkeypatch, careless, capsys
):
    blind = {name: "계약" for name in [*CHEATS, *CORRUPTIONS]}
    cfg = replace(
        cfg, bars=replace(cfg.bars, cannot_tell=blind), ascent=replace(cfg.ascent, steps=0)
    )
    result = _run(cfg, sketches, monkeypatch)
    assert result["missed"] == []
    assert any("white_page" in line and "계약" in line for line in result["cannot_tell"])
    assert "cannot tell: cheats: white_page has a margin of" in capsys.readouterr().out


def test_a_name_that_is_no_cheat_is_refused_with_the_near_miss(cfg):
    cfg = replace(cfg, bars=replace(cfg.bars, cannot_tell={"white_pag": "so"}))
    with pytest.raises(UserError, match=r"'white_pag'.*did you mean 'white_page'"):
        audit.main(cfg)


def test_a_preset_brings_its_own_bars():
    plain, own = composed("audit").bars, composed("audit", "reward=reference_free").bars
    assert plain.cannot_tell == {} and "small_regions_ignored" in own.cannot_tell
    assert own.margin == plain.margin
    assert composed("audit", "reward=paired_verified").bars.may_tie


def test_recolored_copies_have_other_hues_and_the_same_regions(sketches):
    copy = loading.turned(sketches[0], seed=1)
    assert copy.id.startswith(sketches[0].id) and copy.regions is sketches[0].regions
    assert (copy.palette - sketches[0].palette).abs().max() > 0.1
    assert loading.has_hue(sketches[0])
    gray = replace(sketches[0], palette=sketches[0].palette.mean(1, keepdim=True).expand(-1, 3))
    assert not loading.has_hue(gray)

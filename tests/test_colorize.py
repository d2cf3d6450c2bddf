import json
import re
import subprocess
import sys
from dataclasses import asdict, replace

import fsspec
import numpy as np
import pytest
import torch
from export.pages import LAYERS
from PIL import Image
from regions.drawings import draw

from colorrl.colorize import main
from colorrl.colouring import colorize_jobs
from colorrl.config import UserError, check
from colorrl.export import formats
from colorrl.export.jobs import find_jobs
from colorrl.palette import palette_from
from colorrl.policy.pipeline import save_generator
from colorrl.policy.region_flow import RegionFlow
from colorrl.regions.segment import segment
from colorrl.settings import Settings, fingerprint

SETTINGS = Settings(
    generator="tests",
    seed=0,
    n_steps=None,
    palette=None,
    only_palette=False,
    colour_background=False,
    line_layer=None,
    trap=None,
    layers=LAYERS,
)
CALLS = 2  # of the generator for a page: for its sample and for those that vote on it


class HashGenerator:
    """Colours every region by its seed and id, with a little noise on each pixel."""

    size = 32
    calls = 0

    def sample(self, sketch, seeds, n_steps=None):
        self.calls += 1
        noise = torch.Generator().manual_seed(int(seeds[0]) % 2**31)
        colours = torch.rand(len(seeds), 3, sketch.regions.n_slots, generator=noise)
        owner = sketch.regions.owner.flatten(1)[:, None].expand(-1, 3, -1)
        image = colours.gather(2, owner).unflatten(2, (self.size, self.size))
        return (image + 0.01 * torch.randn(image.shape, generator=noise)).clamp(0, 1)


def run(source, output, settings=SETTINGS, generator=None, **options):
    options = {"overwrite": False, "device": torch.device("cpu")} | options
    options = {"kinds": ["flats", "composite"]} | options
    jobs = find_jobs(source, output)
    return colorize_jobs(jobs, generator or HashGenerator(), settings, **options)


def save(path, line=None, mode="L"):
    line = draw("face", 96, 3) if line is None else line
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(line * 255).astype(np.uint8)).convert(mode).save(path)
    return path


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def on_paper(path):
    """Flats (H, W, 3) on white: paper is see-through white."""
    flat = pixels(path)
    assert (flat[flat[..., 3] == 0][:, :3] == 255).all() and np.isin(flat[..., 3], (0, 255)).all()
    return flat[..., :3]


@pytest.fixture
def folder(tmp_path):
    """Four sketches of several sizes, modes and formats."""
    source = tmp_path / "그림"
    save(source / "얼굴.png")
    save(source / "ep(1)" / "wide.png", draw("star", 120, 3)[20:90], "RGBA")
    save(source / "ep(1)" / "photo.jpg", draw("nested", 100, 4), "RGB")
    save(source / "web.webp", draw("circle in a square", 64, 2), "RGB")
    return source


def snapshot(folder):
    return {p: p.read_bytes() for p in folder.rglob("*.png")}


def test_every_sketch_gets_region_exact_flats_and_a_composite(folder, tmp_path):
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 4 and not report.failed
    flat = on_paper(tmp_path / "out" / "얼굴.flats.png")
    line = pixels(folder / "얼굴.png").astype(np.float32) / 255
    regions = segment(line)
    owner = regions.owner.numpy()
    assert flat.shape == (*line.shape, 3)
    painted = [np.unique(flat[owner == r], axis=0) for r in range(1, regions.n_regions + 1)]
    assert all(len(colours) == 1 for colours in painted)
    assert painted[regions.background - 1].tolist() == [[255, 255, 255]]
    over = pixels(tmp_path / "out" / "얼굴.composite.png")
    assert np.array_equal(over, np.rint(flat * line[..., None]).astype(np.uint8))
    assert (tmp_path / "out" / "ep(1)" / "photo.jpg.flats.png").exists()


def test_colours_are_the_generators(folder, tmp_path):
    class Red(HashGenerator):
        def sample(self, sketch, seeds, n_steps=None):
            image = torch.zeros(len(seeds), 3, self.size, self.size)
            image[:, 0] = 1
            return image

    run(folder, tmp_path / "out", generator=Red())
    flat = on_paper(tmp_path / "out" / "얼굴.flats.png").reshape(-1, 3)
    assert np.unique(flat, axis=0).tolist() == [[255, 0, 0], [255, 255, 255]]
    everywhere = replace(SETTINGS, colour_background=True)
    run(folder, tmp_path / "all", everywhere, Red())
    flat = on_paper(tmp_path / "all" / "얼굴.flats.png").reshape(-1, 3)
    assert np.unique(flat, axis=0).tolist() == [[255, 0, 0]]


def test_only_palette_lets_no_other_colour_in(folder, tmp_path):
    palette = palette_from("#ff0000,#00ff00,#0000ff")
    run(folder, tmp_path / "out", replace(SETTINGS, palette=palette, only_palette=True))
    found = np.concatenate(
        [on_paper(p).reshape(-1, 3) for p in (tmp_path / "out").rglob("*.flats.*")]
    )
    allowed = {(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)}
    assert set(map(tuple, np.unique(found, axis=0).tolist())) <= allowed


def test_the_seed_decides_and_nothing_else(folder, tmp_path):
    run(folder, tmp_path / "a")
    (folder / "얼굴.png").rename(folder / "renamed.png")
    run(folder, tmp_path / "b")
    run(folder, tmp_path / "c", replace(SETTINGS, seed=1))
    first = (tmp_path / "a" / "얼굴.flats.png").read_bytes()
    assert first == (tmp_path / "b" / "renamed.flats.png").read_bytes()
    assert first != (tmp_path / "c" / "renamed.flats.png").read_bytes()


def test_colours_do_not_depend_on_what_is_exported(folder, tmp_path):
    run(folder, tmp_path / "a")
    run(folder, tmp_path / "b", kinds=["flats", "regions"])
    for page in ("얼굴", "ep(1)/wide", "ep(1)/photo.jpg"):
        first = (tmp_path / "a" / f"{page}.flats.png").read_bytes()
        assert first == (tmp_path / "b" / f"{page}.flats.png").read_bytes()
        rows = json.loads((tmp_path / "b" / f"{page}.regions.json").read_text("utf-8"))["regions"]
        # by chance, seven random colours agree with the first in one case of a thousand
        sure = [row["confidence"] for row in rows.values() if row["colour"]]
        assert sure and all(0 <= value < 0.5 for value in sure)


def test_another_kind_joins_what_is_there(folder, tmp_path):
    run(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    assert len(run(folder, tmp_path / "out", kinds=["indexed"]).done) == 4
    assert snapshot(tmp_path / "out").items() >= before.items()
    both = run(folder, tmp_path / "out", kinds=["flats", "composite", "indexed"])
    assert len(both.skipped) == 4


def test_a_second_run_skips_what_is_done(folder, tmp_path):
    run(folder, tmp_path / "out")
    before = snapshot(tmp_path / "out")
    save(folder / "new.png", draw("star", 80, 3))
    generator = HashGenerator()
    report = run(folder, tmp_path / "out", generator=generator)
    assert list(report.done) == ["new.png"] and len(report.skipped) == 4
    assert generator.calls == CALLS
    assert snapshot(tmp_path / "out").items() >= before.items()


def test_a_run_that_was_cut_short_goes_on(folder, tmp_path, monkeypatch):
    run(folder, tmp_path / "whole")

    class Killed(BaseException):
        pass

    class Dying(HashGenerator):
        def sample(self, *args):
            if self.calls == 2 * CALLS:
                raise Killed
            return super().sample(*args)

    with pytest.raises(Killed):
        run(folder, tmp_path / "out", generator=Dying())
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 2 and len(report.skipped) == 2
    whole = {p.name: b for p, b in snapshot(tmp_path / "whole").items()}
    assert {p.name: b for p, b in snapshot(tmp_path / "out").items()} == whole


def test_a_page_cut_between_its_files_is_made_again(folder, tmp_path, monkeypatch):
    def dies(path, page):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(formats.FORMATS, "composite", {".composite.png": dies})
        with pytest.raises(KeyboardInterrupt):
            run(folder / "얼굴.png", tmp_path / "out")
    assert (tmp_path / "out" / "얼굴.flats.png").exists()
    assert run(folder / "얼굴.png", tmp_path / "out").done == {"얼굴.png": True}


def test_nothing_is_overwritten_without_being_told(folder, tmp_path):
    foreign = tmp_path / "out" / "얼굴.flats.png"
    foreign.parent.mkdir()
    foreign.write_bytes(b"a week of work")
    report = run(folder, tmp_path / "out")
    assert foreign.read_bytes() == b"a week of work"
    assert len(report.done) == 3
    assert "not made by colorrl" in report.failed["얼굴.png"]
    assert "overwrite=true" in report.failed["얼굴.png"]
    again = run(folder, tmp_path / "out", replace(SETTINGS, seed=5))
    assert len(again.failed) == 4 and "other settings" in again.failed["web.webp"]
    assert foreign.read_bytes() == b"a week of work"
    told = run(folder, tmp_path / "out", overwrite=True)
    assert told.done == {"얼굴.png": True} and len(told.skipped) == 3
    assert foreign.read_bytes() != b"a week of work"


def test_the_generator_moves_to_its_device_where_it_works(folder, tmp_path, monkeypatch):
    """A fake of a GPU: what is there does not travel to the processes that colour."""

    class Travelling(HashGenerator):
        where = "cpu"

        def to(self, device):
            self.where = device.type
            return self

        def sample(self, sketch, seeds, n_steps=None):
            assert sketch.line.device.type == self.where
            return torch.rand(len(seeds), 3, self.size, self.size).to(self.where)

    generator = Travelling()
    run(folder, tmp_path / "a", generator=generator)
    assert generator.where == "cpu"
    # "meta" is the one device besides the CPU that every torch has; its pictures have no values
    monkeypatch.setattr(torch.Tensor, "cpu", lambda self: torch.zeros(self.shape))
    report = run(folder, tmp_path / "b", generator=generator, device=torch.device("meta"))
    assert generator.where == "meta" and len(report.done) == 4


def test_bad_files_are_listed_and_do_not_stop_the_rest(folder, tmp_path):
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("not a picture")
    whole = (folder / "얼굴.png").read_bytes()
    (folder / "torn.png").write_bytes(whole[: len(whole) // 2])
    report = run(folder, tmp_path / "out")
    assert len(report.done) == 4
    assert set(report.failed) == {"empty.png", "text.jpg", "torn.png"}
    assert all(report.failed.values())
    assert not list((tmp_path / "out").rglob("*torn*"))


def test_where_nothing_can_be_written_no_page_is_coloured(folder, tmp_path):
    generator = HashGenerator()
    (tmp_path / "out").touch()
    with pytest.raises(UserError, match=f"nothing can be written to {re.escape(str(tmp_path))}"):
        run(folder, tmp_path / "out", generator=generator)
    assert generator.calls == 0


def test_output_inside_input_is_not_read_again(folder):
    run(folder, folder / "out")
    report = run(folder, folder / "out")
    assert len(report.skipped) == 4 and not report.done
    assert len(run(folder, folder / "out2").done) == 4


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64)])
def test_empty_pages(tmp_path, value, shape):
    save(tmp_path / "in" / "a.png", np.full(shape, value, np.float32))
    report = run(tmp_path / "in", tmp_path / "out")
    assert not report.failed
    assert pixels(tmp_path / "out" / "a.composite.png").shape == (*shape, 3)


def test_a_page_without_a_line_says_what_to_do(folder, tmp_path):
    save(folder / "blank.png", np.ones((40, 40), np.float32))
    run(folder, tmp_path / "out", kinds=["regions"])
    notes = {
        path.name: json.loads(path.read_text("utf-8"))["notes"]
        for path in (tmp_path / "out").rglob("*.regions.json")
    }
    assert "line_layer=NAME" in notes.pop("blank.regions.json")[0]
    assert list(notes.values()) == [[]] * 4


def test_the_journal_is_utf8_json(folder, tmp_path):
    run(folder, tmp_path / "out")
    states = (tmp_path / "out" / ".colorize").rglob("*.json")
    kept = [json.loads(path.read_text("utf-8")) for path in states]
    assert "얼굴.png" in {state["page"] for state in kept} and len(kept) == 4
    assert all(all(state["made"].values()) for state in kept)


def test_the_fingerprint_knows_the_weights():
    network = torch.nn.Linear(2, 2)
    first = fingerprint(network)
    assert fingerprint(network) == first
    network.weight.data[0, 0] += 1e-3
    assert fingerprint(network) != first


@pytest.fixture(scope="module")
def generator_folder(tmp_path_factory):
    """An untrained generator of 32 px."""
    folder = tmp_path_factory.mktemp("생성기")
    torch.manual_seed(0)
    network = RegionFlow(size=32, patch=4, width=16, n_blocks=1, n_token_layers=1, n_heads=2)
    save_generator(folder, network, n_steps=2, shift=3.0, rho=0.5)
    return folder


def colorrl(*args):
    command = [sys.executable, "-m", "colorrl.colorize", "device=cpu", *args]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120)


def test_from_the_command_line(folder, tmp_path, generator_folder):
    (folder / "broken.png").write_bytes(b"")
    args = (f"input={folder}", f"output={tmp_path}/ep(1)", f"policy.path={generator_folder}")
    job = colorrl(*args, "palette=#ff0000,#ffcc99", "only_palette=true")
    assert job.returncode == 1 and "Traceback" not in job.stderr
    assert "1 of 5 pages failed" in job.stderr and "broken.png" in job.stderr
    flat = on_paper(tmp_path / "ep(1)" / "얼굴.flats.png").reshape(-1, 3)
    found = {tuple(colour) for colour in np.unique(flat, axis=0).tolist()}
    assert found <= {(255, 0, 0), (255, 204, 153), (255, 255, 255)}
    result = json.loads((tmp_path / "ep(1)" / "result.json").read_text(encoding="utf-8"))
    assert (result["pages/done"], result["pages/failed"]) == (4, 1)
    assert list(result["failed"]) == ["broken.png"] and result["pages/per_s"] > 0
    html = (tmp_path / "ep(1)" / "review.html").read_text(encoding="utf-8")
    assert "얼굴.png" in html and "broken.png" in html and "Without confidence" in html
    assert "From other runs" not in html
    # another input into the same output, with other settings: what was there is told apart
    (tmp_path / "b").mkdir()
    (folder / "얼굴.png").rename(tmp_path / "b" / "b.png")
    assert colorrl(f"input={tmp_path}/b", *args[1:], "seed=1").returncode == 0
    html = (tmp_path / "ep(1)" / "review.html").read_text(encoding="utf-8")
    places = [html.index(word) for word in (">b.png<", "From other runs", ">얼굴.png<")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["input=없음"], "없음 does not exist"),
        (["input=taken"], "holds no .jpeg, .jpg, .ora, .png, .psd, .tif, .tiff, .webp file"),
        (["palette=#ff000"], "neither colours"),
        (["palette=색.gpl"], "색.gpl"),
        (["only_palette=true"], "palette="),
        (["output=taken"], "choose another output"),
        (["device=tpu"], "device"),
        (["trap=0"], "trap=0"),
        (["input=nowhere://x"], "nowhere"),
        (["output=dropbox://x"], "dropbox"),
        (["workers=0"], "workers=0"),
        (["samples=0"], "samples=0"),
        (["preview=0"], "preview=0"),
        (["n_steps=0"], "n_steps=0: give at least 1"),
        (["memory_gb=0"], "memory_gb=0: give more than 0.95"),
        (["memory_gb=0.5"], "memory_gb=0.5"),
        (["shard=3/2"], "shard=3/2: give part i of n"),
        (["shard=0/2"], "shard=0/2: give part i of n"),
        (["shard=1/0"], "shard=1/0: give part i of n"),
        (["hints=없음"], "hints=없음 is no folder"),
        (["sheet=없음.png"], "없음.png"),
        (["export="], "export=[] asks for no file"),
        (["export=matches"], "a sheet or hints decided, and here is neither"),
        (["export=matches", "hints=hinted"], "no generator 'x'"),
        (["export=matches", "hints=taken"], "a sheet or hints decided, and here is neither"),
        (["export=matches", "input=memory://plain"], "a sheet or hints decided"),
    ],
)
def test_what_a_person_can_mend(args, says, tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    fsspec.filesystem("memory").pipe_file("/plain/a.png", b"")
    (tmp_path / "hinted").mkdir()
    (tmp_path / "hinted" / "얼굴.hints.json").touch()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "result.json").touch()
    values = {"input": str(folder), "output": "out", "device": "cpu"}
    values |= dict(arg.split("=", 1) for arg in args)
    settings = {"palette": None, "only_palette": False, "colour_background": False, "seed": 0}
    settings |= {"line_layer": None, "layers": asdict(LAYERS)}
    settings |= {"n_steps": None, "overwrite": False, "policy": {"path": "x", "network": {}}}
    settings |= {"hints": None, "sheet": None, "leave_blank": [], "samples": 1, "preview": None}
    settings |= {"reward": {}} | values | {"only_palette": values.get("only_palette") == "true"}
    settings |= {"backend": "processes", "memory_gb": None, "shard": values.get("shard")}
    settings |= {"workers": 1}
    for key in ("workers", "samples", "preview", "n_steps", "memory_gb"):
        if key in values:
            settings[key] = float(values[key]) if "." in values[key] else int(values[key])
    settings["export"] = [kind] if (kind := values.get("export", "flats")) else []
    settings["trap"] = int(values["trap"]) if "trap" in values else None
    with pytest.raises(UserError, match=re.escape(says)):
        main(check("colorize", settings))


class Told(HashGenerator):
    """Without a palette a colour of its own for each sample, with one always the same of it."""

    def sample(self, sketch, seeds, n_steps=None):
        if bool((sketch.share > 0).any()):
            return sketch.palette[:, 0, :, None, None].expand(-1, -1, self.size, self.size)
        noise = torch.Generator().manual_seed(int(seeds[0]) % 2**31)
        return torch.rand(len(seeds), 3, 1, 1, generator=noise).expand(-1, -1, self.size, self.size)


def test_without_a_palette_confidence_asks_which_of_the_page_s_own_colours(tmp_path):
    """Samples that invent palettes never agree: confidence was 0 of nine regions in ten."""
    save(tmp_path / "in" / "a.png")
    run(tmp_path / "in", tmp_path / "out", generator=Told(), kinds=["regions"])
    page = json.loads((tmp_path / "out" / "a.regions.json").read_text("utf-8"))
    assert {row["confidence"] for row in page["regions"].values()} == {1.0}

"""Verbs from Python: what `colorrl VERB` does, with what it made as an object.

    import colorrl

    start = ["data=procedural", "policy.path=tiny", "trainer.updates=20"]
    runs = [colorrl.train([*start, f"seed={seed}"]) for seed in (0, 1)]
    runs[0].figures["eval/reward_gain"], runs[0].curves["reward/total"]
    runs[0].colorizer()("page.png").save("page")
    colorrl.compare([str(run.folder) for run in runs])

Overrides are words of the command line: keys, options of groups, `--config-dir FOLDER`. What a
command answers with one line of error raises UserError here.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from colorrl.cli.checked import checked
from colorrl.config.compose import run_dir
from colorrl.errors import UserError
from colorrl.pages.colorizer import Colorizer
from colorrl.run.folder import Curve, read_run
from colorrl.run.hub import push
from colorrl.run.identity import commanded


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """What a verb made in ``folder``."""

    folder: Path
    figures: Mapping[str, Any]  # of result.json; of a prepared set what meta.json says
    curves: Mapping[str, Curve]  # of a run: metric -> images sampled, values

    @classmethod
    def open(cls, folder: str | Path) -> Result:
        """The run in ``folder``, made earlier. Raises UserError where there is none."""
        run = read_run(Path(folder))
        return cls(run.path, run.result, run.curves)

    @property
    def generator(self) -> Path | None:
        """The generator's folder: a ``policy.path=``. None where the verb makes none."""
        path = self.folder / "generator"
        return path if path.is_dir() else None

    def colorizer(self, device: str = "auto") -> Colorizer:
        """A colorizer with the run's generator. Raises UserError where there is none."""
        return Colorizer.from_pretrained(str(self._made()), device)

    def push_to_hub(
        self, repo_id: str, *, private: bool | None = None, license: str | None = None
    ) -> str:
        """Upload the generator with its model card; returns the address.

        ``license`` is for the card, as "cc-by-sa-4.0": that of the drawings trained on decides it.
        Raises UserError for no generator, no login, or a hub that cannot be reached.
        """
        return push(self._made(), repo_id, private=private, license=license)

    def _made(self) -> Path:
        if self.generator is None:
            raise UserError(f"{self.folder} holds no generator: pretrain and train make one")
        return self.generator

    def __repr__(self) -> str:
        made = ", a generator" if self.generator else ""
        figures, curves = len(self.figures), len(self.curves)
        return f"Result({str(self.folder)!r}: {figures} figures, {curves} curves{made})"

    def _repr_markdown_(self) -> str:
        """What a notebook shows: the verb's own table, or the single numbers of ``figures``."""
        table = self.folder / "table.md"
        if table.is_file():
            return table.read_text(encoding="utf-8")
        shown = {k: v for k, v in self.figures.items() if isinstance(v, int | float)}
        rows = [f"| {name} | {value:.4g} |" for name, value in shown.items()]
        return "\n".join([f"`{self.folder}`", "", "| figure | value |", "|---|--:|", *rows])


def train(overrides: Sequence[str] = ()) -> Result:
    """`colorrl train`: RL from a generator. A run that exists needs ``resume=auto``, as there."""
    return _run_of("train", overrides)


def pretrain(overrides: Sequence[str] = ()) -> Result:
    """`colorrl pretrain`: a generator from scratch."""
    return _run_of("pretrain", overrides)


def evaluate(overrides: Sequence[str] = ()) -> Result:
    """`colorrl evaluate`: a generator on held-out sketches, beside baselines."""
    cfg = _done("evaluate", overrides)
    return _with_result(cfg.output)


def compare(runs: Sequence[str | Path], overrides: Sequence[str] = ()) -> Result:
    """`colorrl compare`: ``runs`` (run folders, or folders above them) side by side."""
    cfg = _done("compare", [*map(str, runs), *overrides])
    return _with_result(cfg.output)


def prepare(overrides: Sequence[str] = ()) -> Result:
    """`colorrl prepare`: a data set as pairs of line art and flats, split."""
    data = _done("prepare", overrides).data
    folder = data.root / data.name / "pixels" / str(data.size)
    return Result(folder, _read(folder / "meta.json"), {})


def _run_of(verb: str, overrides: Sequence[str]) -> Result:
    cfg = _done(verb, overrides)
    return Result.open(run_dir(cfg))


def _with_result(folder: Path) -> Result:
    return Result(folder, _read(folder / "result.json"), {})


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _done(verb: str, overrides: Sequence[str]) -> Any:
    """Run ``verb``; its typed configuration."""
    if isinstance(overrides, str):
        raise TypeError(f"overrides={overrides!r}: give a list, [{overrides!r}]")
    cfg = checked(verb, overrides)
    if getattr(cfg, "dry_run", False):
        raise UserError("dry_run=true makes nothing to return: run it as a command")
    threads = torch.get_num_threads()
    try:
        with commanded(["colorrl", verb, *overrides]):
            importlib.import_module(f"colorrl.scripts.{verb}").main(cfg)
    finally:
        torch.set_num_threads(threads)  # work in processes of one thread keeps that one
    return cfg

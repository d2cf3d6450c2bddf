"""`colorrl prefer`: colourings of a checkpoint, ranked by a person or by a stated rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hydra.utils import instantiate

from colorrl.config.compose import plain, save_config
from colorrl.config.renamed import renamed
from colorrl.config.schema.preferences import PreferConfig
from colorrl.data.draw import by_drawing, draw_sketches
from colorrl.data.load import load_sketches, variants_of
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.policy.pipeline import load_policy
from colorrl.preferences.labeling import Labeling
from colorrl.preferences.pictures import read_pictures
from colorrl.preferences.rankings import FILE, read_rankings, write_rankings
from colorrl.preferences.rule import answer_by_rule
from colorrl.preferences.sampled import make_questions
from colorrl.studio.ranking import serve
from colorrl.types import Sketch

# What decides the questions; the rest may change between two calls on one folder.
QUESTIONS = ("seed", "split", "questions", "candidates", "n_palette", "data", "policy")
RULE = ("noise", "reward")  # and what answers them, if a rule did


def main(cfg: PreferConfig) -> None:
    """Make the questions, once; then go on answering those that are open."""
    if not (cfg.output / FILE).is_file():
        make(cfg)
    else:
        check_same(cfg)
    if cfg.label == "rule":
        by_rule(cfg)
    else:
        serve(Labeling(cfg.output), cfg.port, greeting=greet)
    questions = read_rankings(cfg.output)
    ranked, asked = sum(q.ranked for q in questions), sum(q.order is not None for q in questions)
    print(f"{ranked} ranked, {asked - ranked} passed over, {len(questions) - asked} open")
    print(f"rankings: {cfg.output}   next: colorrl reward_model {cfg.output} "
          f"start={cfg.policy.path}")  # fmt: skip


def greet(place: str) -> None:
    """Say where the page is."""
    print(f"rank at {place}   Ctrl-C ends; every answer is saved", flush=True)


def make(cfg: PreferConfig) -> None:
    """Sample the colourings of every question."""
    generator = load_policy(cfg.policy, pick_device(cfg.device))
    groups = by_drawing(
        load_sketches(cfg.data, cfg.split, generator.size), variants_of(cfg.data, generator.size)
    )
    sketches = draw_sketches(groups, cfg.questions, cfg.seed, 0)
    save_config(cfg, cfg.output)
    make_questions(cfg.output, generator, sketches, cfg.candidates, cfg.seed, cfg.n_palette)


def check_same(cfg: PreferConfig) -> None:
    """Raises UserError where the folder's questions were made by other settings."""
    before = settings(cfg.output / "config.yaml")
    by_rule = cfg.label == before.get("label") == "rule"
    for key in (*QUESTIONS, *(RULE if by_rule else ())):
        if before.get(key) != plain(getattr(cfg, key)):
            raise UserError(
                f"{cfg.output} holds questions made with other settings of {key}: go on with the "
                "command that made them, or give another output="
            )


def settings(path: Path) -> dict[str, Any]:
    """The configuration at ``path``; empty where there is none."""
    if not path.is_file():
        return {}
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    return dict(renamed(values)) if isinstance(values, dict) else {}


def by_rule(cfg: PreferConfig) -> None:
    """Answer every open question as ``cfg.reward`` and ``cfg.noise`` say, and write them."""
    if cfg.noise < 0:
        raise UserError(f"noise={cfg.noise}: give 0 or more, in units of reward")
    questions = read_rankings(cfg.output)
    size = read_pictures(cfg.output, questions[0]).sketch.line.shape[-1]
    known: dict[str, Sketch] = {s.id: s for s in load_sketches(cfg.data, cfg.split, size)}
    reward, device = instantiate(cfg.reward), pick_device(cfg.device)
    answered = answer_by_rule(cfg.output, questions, known, reward, cfg.noise, cfg.seed, device)
    write_rankings(cfg.output, answered)
    save_config(cfg, cfg.output)  # the rule that answered

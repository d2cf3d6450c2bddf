"""Labels from a stated rule, in place of a person: for experiments whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from colorrl.data.batch import collate
from colorrl.errors import UserError
from colorrl.preferences.pictures import read_pictures
from colorrl.preferences.rankings import Question
from colorrl.rewards.total import TotalReward
from colorrl.seeding import seed_of
from colorrl.types import Sketch


def answer_by_rule(
    folder: Path,
    questions: Sequence[Question],
    sketches: Mapping[str, Sketch],
    reward: TotalReward,
    noise: float,
    seed: int,
    device: torch.device,
) -> list[Question]:
    """``questions`` with those answered that were open: by ``reward``, plus noise.

    The noise is Gumbel's, of scale ``noise`` in units of reward, so that orders follow
    Plackett and Luce's law and a beats b with probability sigmoid((r_a - r_b) / noise).
    """
    answered = []
    for i, question in enumerate(tqdm(questions, desc="label by rule", unit="question")):
        if question.order is None:
            total = _totals(folder, question, sketches, reward, device)
            order = noisy_order(total, noise, seed_of(seed, 13, i))
            question = replace(question, order=tuple(order), by=f"rule, noise {noise:g}")
        answered.append(question)
    return answered


def noisy_order(total: Tensor, noise: float, seed: int) -> list[int]:
    """Places of ``total`` (K,), the best first, after Gumbel noise (Yellott 1977)."""
    draw = torch.Generator().manual_seed(seed)
    uniform = torch.rand(len(total), generator=draw, dtype=torch.float64).clamp(min=1e-12)
    heard = total.double() - noise * torch.log(-torch.log(uniform))
    return [int(place) for place in heard.argsort(descending=True)]


def _totals(
    folder: Path,
    question: Question,
    sketches: Mapping[str, Sketch],
    reward: TotalReward,
    device: torch.device,
) -> Tensor:
    """(K,) rewards of the colourings as they were saved."""
    if question.sketch not in sketches:
        raise UserError(
            f"the data have no sketch '{question.sketch}', which question {question.id} shows: "
            "label=rule needs the data and split that the questions were made from"
        )
    coloring = read_pictures(folder, question).coloring.to(device)
    batch = collate([sketches[question.sketch]]).to(device).repeat(len(coloring))
    group = torch.zeros(len(coloring), dtype=torch.long, device=device)
    return reward.score(coloring, batch, group).total.cpu()

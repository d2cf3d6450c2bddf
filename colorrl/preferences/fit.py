"""Fitting a reward model to rankings, and what it foresees of others."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from colorrl.preferences.calibration import expected_calibration_error, reliability
from colorrl.preferences.network import RewardModel
from colorrl.preferences.pictures import Pictures
from colorrl.preferences.ranking_loss import pair_margins
from colorrl.schema import RewardModelConfig
from colorrl.seeding import seed_of

RankingLoss = Callable[[Tensor], Tensor]  # scores (Q, K), the best first -> (Q,)
PARTS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Fitted:
    model: RewardModel  # of the epoch that did best on val
    epoch: int
    losses: list[tuple[float, float]]  # of each epoch, train and val


def part_of(sketch: str, held_out: float) -> str:
    """train, val or test: all rankings of a sketch go to one, ``held_out`` of all to val and test.

    A function of the sketch alone, so that it holds when rankings are added.
    """
    digest = hashlib.blake2b(sketch.encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "little") / 2**64
    return "val" if place < held_out else "test" if place < 2 * held_out else "train"


def fit(
    model: RewardModel,
    train: Sequence[Pictures],
    val: Sequence[Pictures],
    loss: RankingLoss,
    cfg: RewardModelConfig,
) -> Fitted:
    """``cfg.epochs`` passes over ``train``, all colourings of a question in one batch; the best by
    ``loss`` on ``val`` is kept, its scores moved so that those of ``train`` are 0 on average."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    best, kept, losses = copy.deepcopy(model.state_dict()), 0, [_val_loss(model, val, loss)]
    told = []
    for epoch in (bar := tqdm(range(1, cfg.epochs + 1), desc="fit", unit="epoch")):
        draw = torch.Generator().manual_seed(seed_of(cfg.seed, 15, epoch))
        order = torch.randperm(len(train), generator=draw).tolist()
        batches = [order[i : i + cfg.questions] for i in range(0, len(order), cfg.questions)]
        seen = 0.0
        for batch in batches:
            flip = torch.rand(len(batch), generator=draw) < 0.5
            chosen = [_mirrored(train[i], bool(f)) for i, f in zip(batch, flip, strict=True)]
            error = torch.cat([loss(s.unsqueeze(0)) for s in scores(model, chosen)])
            error.mean().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            seen += float(error.detach().sum())
        losses.append(_val_loss(model, val, loss))
        told.append((seen / len(train), losses[-1]))
        bar.set_postfix(train=f"{told[-1][0]:.3f}", val=f"{losses[-1]:.3f}")
        if losses[-1] < min(losses[:-1]):
            best, kept = copy.deepcopy(model.state_dict()), epoch
    model.load_state_dict(best)
    _centre(model, train)
    return Fitted(model, kept, told)


def scores(model: RewardModel, questions: Sequence[Pictures]) -> list[Tensor]:
    """(K,) of each question, in one pass."""
    device, sizes = model.offset.device, [len(q.colouring) for q in questions]
    each = torch.tensor(sizes)
    image = torch.cat([q.colouring for q in questions])
    rest = [
        torch.stack([getattr(q, name) for q in questions]).repeat_interleave(each, 0).to(device)
        for name in ("line", "palette", "share")
    ]
    return list(model(image.to(device), *rest).split(sizes))


@torch.no_grad()
def all_scores(model: RewardModel, questions: Sequence[Pictures]) -> list[Tensor]:
    """As ``scores``, in parts of 64 questions and without a graph."""
    starts = range(0, len(questions), 64)
    return [s.cpu() for i in starts for s in scores(model, questions[i : i + 64])]


def figures(model: RewardModel, questions: Sequence[Pictures], part: str) -> dict[str, float]:
    """``part``/accuracy, log_loss, ece and pairs: what is foreseen of the questions' pairs."""
    margin = margins(model, questions)
    right = (margin > 0).double() + 0.5 * (margin == 0).double()
    return {
        f"{part}/accuracy": float(right.mean()),
        f"{part}/log_loss": float(-torch.nn.functional.logsigmoid(margin.double()).mean()),
        f"{part}/ece": expected_calibration_error(reliability(margin)),
        f"{part}/pairs": float(len(margin)),
        f"{part}/questions": float(len(questions)),
    }


def margins(model: RewardModel, questions: Sequence[Pictures]) -> Tensor:
    """(M,) scores of the better less those of the worse, of all pairs of all questions."""
    return torch.cat([pair_margins(s.unsqueeze(0))[0] for s in all_scores(model, questions)])


def _val_loss(model: RewardModel, val: Sequence[Pictures], loss: RankingLoss) -> float:
    each = [loss(s.unsqueeze(0)) for s in all_scores(model, val)]
    return float(torch.cat(each).mean())


def _centre(model: RewardModel, train: Sequence[Pictures]) -> None:
    """Rankings say nothing of where 0 is: it goes to the average sample (Ziegler et al. 2019)."""
    model.offset += torch.cat(all_scores(model, train)).mean().to(model.offset.device)


def _mirrored(question: Pictures, flip: bool) -> Pictures:
    if not flip:
        return question
    return Pictures(
        question.line.flip(-1), question.colouring.flip(-1), question.palette, question.share
    )

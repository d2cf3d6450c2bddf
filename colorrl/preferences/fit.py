"""Fitting a reward model to rankings, and what it foresees of others."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from colorrl.config.schema.preferences import RewardModelConfig
from colorrl.data.batch import collate
from colorrl.preferences.calibration import expected_calibration_error, reliability
from colorrl.preferences.network import RegionHead, RewardModel
from colorrl.preferences.pictures import Pictures
from colorrl.preferences.ranking_loss import pair_margins
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


@torch.no_grad()
def read(model: RewardModel, questions: Sequence[Pictures], part: str) -> list[Tensor]:
    """(K, S, F + 1) of each question, which the head is fitted to: nothing below it learns."""
    device, readings = model.head.offset.device, []
    for question in tqdm(questions, desc=f"read {part}", unit="question"):
        sketch = collate([question.sketch]).to(device)
        readings.append(model.read(question.coloring.to(device), sketch).cpu())
    return readings


def fit(
    model: RewardModel,
    train: Sequence[Tensor],
    val: Sequence[Tensor],
    loss: RankingLoss,
    cfg: RewardModelConfig,
) -> Fitted:
    """``cfg.epochs`` passes of the head over ``train``, all colourings of a question in one batch;
    the best by ``loss`` on ``val`` is kept, its scores moved so that those of ``train`` are 0 on
    average. ``train`` and ``val`` are what ``read`` gave."""
    head = model.head
    _standardize(head, train)
    optimizer = torch.optim.AdamW(head.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)
    best, kept, losses = copy.deepcopy(head.state_dict()), 0, [_mean_loss(model, val, loss)]
    epochs = []
    for epoch in (bar := tqdm(range(1, cfg.epochs + 1), desc="fit", unit="epoch")):
        draw = torch.Generator().manual_seed(seed_of(cfg.seed, 15, epoch))
        order = torch.randperm(len(train), generator=draw).tolist()
        for i in range(0, len(order), cfg.questions):
            given = scores(model, [train[k] for k in order[i : i + cfg.questions]])
            torch.cat([loss(s.unsqueeze(0)) for s in given]).mean().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        losses.append(_mean_loss(model, val, loss))
        epochs.append((_mean_loss(model, train, loss), losses[-1]))
        bar.set_postfix(train=f"{epochs[-1][0]:.3f}", val=f"{losses[-1]:.3f}")
        if losses[-1] < min(losses[:-1]):
            best, kept = copy.deepcopy(head.state_dict()), epoch
    head.load_state_dict(best)
    # Rankings say nothing of where 0 is: it goes to the average sample (Ziegler et al. 2019).
    head.offset += torch.cat(all_scores(model, train)).mean().to(head.offset.device)
    return Fitted(model, kept, epochs)


def scores(model: RewardModel, readings: Sequence[Tensor]) -> list[Tensor]:
    """(K,) of each reading, in one pass: slots that are padded in weigh nothing."""
    slots = max(r.shape[1] for r in readings)
    padded = [F.pad(r, (0, 0, 0, slots - r.shape[1])) for r in readings]
    given = model.head(torch.cat(padded).to(model.head.offset.device))
    return list(given.split([len(r) for r in readings]))


@torch.no_grad()
def all_scores(model: RewardModel, readings: Sequence[Tensor]) -> list[Tensor]:
    """As ``scores``, in parts of 64 questions and without a graph."""
    starts = range(0, len(readings), 64)
    return [s.cpu() for i in starts for s in scores(model, readings[i : i + 64])]


def figures(model: RewardModel, readings: Sequence[Tensor], part: str) -> dict[str, float]:
    """``part``/accuracy, log_loss, ece and pairs: what is foreseen of the questions' pairs."""
    margin = margins(model, readings)
    return {
        f"{part}/accuracy": float(right(margin).mean()),
        f"{part}/log_loss": float(-F.logsigmoid(margin.double()).mean()),
        f"{part}/ece": expected_calibration_error(reliability(margin)),
        f"{part}/pairs": float(len(margin)),
        f"{part}/questions": float(len(readings)),
    }


def right(margin: Tensor) -> Tensor:
    """(M,) 1 where the better one is foreseen, 1/2 for a tie."""
    return (margin > 0).double() + 0.5 * (margin == 0).double()


def margins(model: RewardModel, readings: Sequence[Tensor]) -> Tensor:
    """(M,) scores of the better less those of the worse, of all pairs of all questions."""
    return torch.cat([pair_margins(s.unsqueeze(0))[0] for s in all_scores(model, readings)])


def _mean_loss(model: RewardModel, readings: Sequence[Tensor], loss: RankingLoss) -> float:
    each = [loss(s.unsqueeze(0)) for s in all_scores(model, readings)]
    return float(torch.cat(each).mean())


def _standardize(head: RegionHead, readings: Sequence[Tensor]) -> None:
    """Features of the regions that count to mean 0 and variance 1; what never varies is left."""
    counted = torch.cat([r[r[..., -1] > 0] for r in readings])[:, :-1]
    std, mean = torch.std_mean(counted, 0, correction=0)
    head.mean.copy_(mean)
    head.std.copy_(torch.where(std > 1e-4, std, 1.0))

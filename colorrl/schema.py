"""The typed schema of conf/: types in Python, values in YAML, each once.

One dataclass per verb, none with defaults. What is chosen by class (networks, reward terms,
trackers) is a ``dict`` with ``_target_`` that the entry point instantiates. Imports neither
torch nor Hydra, so that ``colorrl --help`` answers at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from colorrl.typed import Range

FileKind = Literal[
    "composite",
    "flats",
    "indexed",
    "regions",
    "psd",
    "ora",
    "palettes",
    "thumbnail",
    "alternatives",
    "matches",
]
Blank = Literal["bubbles", "gutters"]
Told = Literal["shares", "colours", "nothing"]
Baseline = Literal[
    "dominant_colour", "area_rank", "area_share", "random_palette", "nearest_regions",
    "gmic_smart", "random_colours", "white_page",
]  # fmt: skip
Count = Annotated[int, Range(1)]
Above0 = Annotated[float, Range(0, without_least=True)]
Share = Annotated[float, Range(0, 1)]
Spec = dict[str, Any]  # a class by `_target_` and its arguments


@dataclass(frozen=True, slots=True)
class DataConfig:
    name: str  # the set: openmoji, ...
    root: Path  # folder that holds the prepared sets
    size: int  # pixels along each side of the prepared pictures
    seed: int  # decides the split
    source: Path | None  # folder of the set's own files; None = they come with a package
    reader: Spec | None  # the data.source.Source that `prepare` renders; None = a mixture
    sets: dict[str, float]  # of a mixture: names of prepared sets and their weights
    rendering: bool  # shaded colour (채색) is asked of the generator, not flats (밑색)
    told: Told  # of the true palette
    part: list[
        float
    ]  # [from, to) of the train drawings, in shares of them, by the hash of their name


@dataclass(frozen=True, slots=True)
class ScreenConfig:
    """What a rendered pair must reach to be kept. Shares in [0, 1]."""

    min_painted: float  # of the page
    max_unlike: float  # of the page, where flats x line art is not the drawing
    max_translucent: float  # of the page
    max_spilled: float  # of the painted paper, outside every enclosed region
    min_agreement: float  # of the enclosed pixels, in their region's majority colour


@dataclass(frozen=True, slots=True)
class SplitConfig:
    """How kept drawings go to train, val and test."""

    likeness: float  # line arts more alike than this correlation never lie in different splits
    held_out: float  # share of clusters in val, and the same in test
    max_held_out: int  # larger clusters (line arts) always go to train
    learned: list[str]  # bases whose clusters go to train: a shipped generator has learned them


@dataclass(frozen=True, slots=True)
class PrepareConfig:
    data: DataConfig
    workers: int  # processes
    force: bool
    demo: Path | None  # folder that takes a few held-out line arts
    screen: ScreenConfig
    split: SplitConfig


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """Probabilities in [0, 1], per sketch and draw."""

    flip: Share  # mirror left to right
    permute: Share  # deal the palette's colours anew among its entries
    rotate_hue: Share  # turn all hues by one random angle
    invent: Share  # replace every colour by a random one
    scatter: Share  # each region in a palette colour of its own draw
    warp: Share  # turn, scale and shift the drawing
    max_turn: float  # degrees
    max_scale: float  # share of the size
    max_shift: float  # share of the side
    drop_palette: Share  # no palette: learn to colour without
    forget_shares: Share  # equal palette shares: learn to colour from colours alone
    rendering: Share  # ask for shaded colour (채색) instead of flats
    hint: Share  # give the colours of some regions
    max_hints: int  # how many, from 1
    distract: Share  # add palette colours that the drawing does not use
    max_distractors: int  # how many, from 1
    zoom: Share  # show a part alone
    max_zoom: float  # times as large, from 1
    width: Share  # wider or thinner lines
    max_width: float  # half of the change, pixels, up to 1
    gaps: Share  # erase short pieces of line
    max_gaps: int  # how many, from 1
    max_gap: float  # their length, as a share of the side
    tone: Share  # grey or coloured lines
    palest_ink: float  # of them, 1 = black
    paper: Share  # uneven paper with grain
    max_shade: float  # how much darker the paper may be, 1 = black
    max_grain: float  # standard deviation, 1 = from black to white


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    path: str  # a shipped name, a folder made by save_pretrained, or a hub id
    network: Spec  # what `colorrl pretrain` makes


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    name: str
    seed: int
    device: str
    start: str | None  # a generator to go on from
    precision: Literal["no", "bf16"]  # of the forward pass; weights and losses are fp32
    compile: bool  # torch.compile the network
    runs: Path
    resume: Literal["auto", "anew"] | None
    steps: Count
    budget_minutes: float | None
    batch_size: Count
    loaders: int  # threads that draw batches ahead
    lr: Above0
    warmup_steps: int
    weight_decay: float
    max_grad_norm: Above0
    ema_decay: Share
    rho: float
    time_shift: float
    weight_cap: float
    entry_weight: float  # of the cross entropy of palette entries
    n_steps: int
    sample_shift: float
    n_palette: Count
    log_every: Count
    validate_every: Count
    save_every: Count
    augment: AugmentConfig
    data: DataConfig
    policy: PolicyConfig
    track: dict[str, Spec]


@dataclass(frozen=True, slots=True)
class SamplerConfig:
    """How a rollout walks from noise to image; null takes the generator's own setting."""

    kind: Literal["flow_sde", "cps", "ddim", "ode"]  # ode: the first noise alone
    eta: float
    n_steps: int | None
    shift: float | None
    rho: float | None
    window: list[int] | None  # [first, count]
    action: Literal["pixels", "regions", "entries"]  # what of a transition is scored
    guidance: float | None  # how much palette and hints count, 1 = off


@dataclass(frozen=True, slots=True)
class AdvantageConfig:
    by: Literal["group", "sketch", "step"]  # what a colouring is measured against
    function: Spec  # (reward (N,), key (N,)) -> (N,); by step a learn.gae.Critic


@dataclass(frozen=True, slots=True)
class LossConfig:
    reads: Literal["transitions", "images", "reward"]
    off_policy: bool  # corrects for a policy that has moved since it sampled
    function: Spec  # learn.loss.SurrogateLoss, learn.forward.ForwardLoss or learn.backprop's


@dataclass(frozen=True, slots=True)
class KlConfig:
    """The divergence from the start, in nats per element of a state and step."""

    where: Literal["loss", "reward"]
    estimator: Spec  # (logp, logp_ref, closed form), each (N, R+1) -> (N, R+1)
    coef: float
    target: float | None  # that coef is steered to
    reset_every: int | None  # updates


@dataclass(frozen=True, slots=True)
class AuxConfig:
    weight: float
    function: Spec  # (policy, sketch, seeds, rho) -> (S,)


@dataclass(frozen=True, slots=True)
class LearnConfig:
    """How rewards become updates. What combines with what: compatible.py."""

    advantage: AdvantageConfig | None
    loss: LossConfig
    kl: KlConfig | None
    aux: AuxConfig | None
    credit: Literal["image", "region", "mix"]
    credit_mix: Share  # share of region credit in mix
    trainable: str | None  # regular expression of parameter names; None = all
    lr: Above0
    betas: list[float]
    weight_decay: float
    max_grad_norm: Above0
    epochs: Count  # passes over a rollout
    optimizer_steps: int  # per pass
    ema_decay: Share
    max_bad_updates: Count


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """Batch arithmetic and schedule; totals are over all processes."""

    sketches: int
    group: int
    micro_sketches: int
    updates: Count
    budget_minutes: float | None
    eval_every: Count
    eval_sketches: int | None
    save_every: Count
    keep: Count
    n_palette: int
    precision: Literal["no", "bf16"]


@dataclass(frozen=True, slots=True)
class TrainConfig:
    name: str
    seed: int
    device: str
    runs: Path
    resume: Literal["auto", "anew"] | None
    dry_run: bool
    augment: AugmentConfig
    data: DataConfig
    policy: PolicyConfig
    reward: Spec
    sampler: SamplerConfig
    learn: LearnConfig
    trainer: TrainerConfig
    track: dict[str, Spec]


@dataclass(frozen=True, slots=True)
class EvaluateConfig:
    name: str
    seed: int
    device: str
    output: Path
    split: Literal["train", "val", "test"]
    limit: int | None  # sketches, evenly spaced over the split; None = all
    start: str | None  # generator to compare with: a shipped name or a folder
    samples: int  # a sketch, of all that has chances; figures are their means
    told: list[Told]  # of the true palette, a table each
    steps: list[int]  # at which the generator is sampled too, a contestant each
    guidance: list[float]  # as steps
    baselines: list[Baseline]
    best_of: int  # samples a sketch of the best-of-n baseline; 0 = without
    n_palette: int
    data: DataConfig
    policy: PolicyConfig
    reward: Spec


@dataclass(frozen=True, slots=True)
class PreferConfig:
    seed: int
    device: str
    output: Path
    split: Literal["train", "val", "test"]
    questions: Count  # sketches to ask about
    candidates: int  # colourings of each
    label: Literal["person", "rule"]
    noise: float  # of the rule, in units of reward
    port: int
    n_palette: int
    data: DataConfig
    policy: PolicyConfig
    reward: Spec  # the rule


@dataclass(frozen=True, slots=True)
class RewardModelConfig:
    seed: int
    device: str
    input: list[Path]  # folders with rankings
    start: str  # a generator
    output: Path
    overwrite: bool
    held_out: float  # share of the sketches in val, and the same in test
    epochs: Count
    questions: Count  # a step
    lr: Above0
    weight_decay: float
    loss: Spec  # scores (Q, K), the best first -> (Q,)
    hidden: Count  # units of the head


@dataclass(frozen=True, slots=True)
class LayerNames:
    """What the layers of a PSD or ORA are called."""

    line: str  # on top, Multiply
    flats: str  # the group with one layer for each colour
    paper: str  # white, at the bottom


@dataclass(frozen=True, slots=True)
class ColorizeConfig:
    input: str  # folder, file or URL
    output: str  # folder or URL
    export: list[FileKind]
    line_layer: str | None  # of a PSD or ORA; None = the picture as shown
    trap: int | None  # px of colour under the line; None = to its middle
    layers: LayerNames
    palette: str | list[str] | None  # #rrggbb colours, a palette file or a picture
    only_palette: bool
    hints: Path | None  # folder; None = beside the pages
    sheet: Path | None  # a coloured drawing whose colours pages wear
    leave_blank: list[Blank]
    colour_background: bool
    samples: int  # colourings of a page, the best of which it gets
    preview: int | None  # pages, evenly spaced; None = all
    seed: int
    n_steps: int | None
    device: str
    overwrite: bool
    backend: Literal["processes", "ray"]
    workers: int | None  # processes; None = one for each core
    memory_gb: float | None  # of all processes; None = by what is free
    shard: str | None  # i/n
    policy: PolicyConfig
    reward: Spec  # ranks samples


@dataclass(frozen=True, slots=True)
class ExportConfig:
    input: Path
    export: list[FileKind] | None  # None = those that are there already
    overwrite: bool


@dataclass(frozen=True, slots=True)
class RegionsConfig:
    input: Path
    output: Path
    ball: int | None  # radius in pixels, 0 = no gap is closed
    ink_threshold: float | None
    min_area: int | None  # pixels
    overwrite: bool


@dataclass(frozen=True, slots=True)
class CompareConfig:
    input: list[Path]  # run folders, or folders above them
    baselines: list[Path]  # folders that `colorrl evaluate` wrote
    output: Path


@dataclass(frozen=True, slots=True)
class BarsConfig:
    """What a reward must reach to pass its audit. Totals in units of the reward."""

    margin: float  # by which the truth must beat each cheat, on average
    below: float  # share of sketches on which it must, of those on which the cheat is wrong
    right: float  # a colouring is wrong where a smaller share of its open pixels is right
    may_tie: bool  # whether steps of a corruption may score alike once they are below the truth
    resolution: float  # by how much a total may move when a picture has twice the pixels
    near: float  # a picture found by ascent this close to the truth's total ...
    gold: float  # ... must have this share of the truth's own gold
    cannot_tell: dict[str, str]  # cheat or corruption the reward is blind to -> why


@dataclass(frozen=True, slots=True)
class ResolutionConfig:
    """The same pictures with twice the pixels along each side."""

    sketches: int  # evenly spaced over those audited; 0 = leave this part out


@dataclass(frozen=True, slots=True)
class GroupsConfig:
    """Groups of the truth, a cheat and samples of a generator, for their advantages."""

    sketches: int  # evenly spaced over those audited; 0 = leave this part out
    generator: str  # a shipped name or a folder
    samples: int  # drawn a sketch
    kept: int  # of those, by gold: the decent ones
    advantage: Spec  # (reward (N,), group (N,)) -> (N,)


@dataclass(frozen=True, slots=True)
class AscentConfig:
    """Pictures that climb the reward's own gradient."""

    steps: int  # of Adam; 0 = leave this part out
    sketches: int  # evenly spaced over those audited
    restarts: int  # of each start, at seeds of their own
    lr: float  # in units of the colour cube's side


@dataclass(frozen=True, slots=True)
class AuditConfig:
    seed: int
    device: str
    output: Path
    split: list[Literal["train", "val", "test"]]
    size: int  # pixels along each side at which pictures are scored
    limit: int | None  # sketches of each split, evenly spaced; None = all
    recoloured: int  # sketches, evenly spaced, that come once more with their hues turned
    resolution: ResolutionConfig
    groups: GroupsConfig
    ascent: AscentConfig
    bars: BarsConfig
    data: DataConfig
    reward: Spec


@dataclass(frozen=True, slots=True)
class BenchConfig:
    seed: int
    output: Path
    workers: int  # processes
    limit: int | None  # drawings or inputs, evenly spaced over the suite's; None = all
    methods: list[str] | None  # of the suite's, by name; None = all
    data: DataConfig
    suite: Spec  # () -> Report


@dataclass(frozen=True, slots=True)
class DemoConfig:
    seed: int
    output: Path
    device: str
    minutes: float  # of RL
    sketches: Path  # folder that is coloured before and after


VERBS: dict[str, type] = {
    "prepare": PrepareConfig,
    "pretrain": PretrainConfig,
    "train": TrainConfig,
    "evaluate": EvaluateConfig,
    "colorize": ColorizeConfig,
    "export": ExportConfig,
    "regions": RegionsConfig,
    "compare": CompareConfig,
    "audit": AuditConfig,
    "prefer": PreferConfig,
    "reward_model": RewardModelConfig,
    "bench": BenchConfig,
    "demo": DemoConfig,
}

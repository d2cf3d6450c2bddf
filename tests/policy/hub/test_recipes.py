"""The recipes for a GPU, each on a tiny pipeline of its family."""

import pytest
import torch
from hydra.utils import get_object

from colorrl.cli.help import options
from colorrl.data.load import load_pools
from tests.policy.hub import tiny_pipelines as tiny
from tests.policy.hub.test_policy import filled
from tests.tiny import composed, train_config
from tests.training.test_algorithms import Warm
from tests.updates import SMALL, assert_ratio_one, assert_resumes, first_parts, started

slow = pytest.mark.slow
RECIPES = {
    "sd15_grpo": tiny.sd,
    "sd15_nft": tiny.sd,
    "sdxl_grpo": tiny.sdxl,
    "sd3_grpo": tiny.sd3,
    "flux_grpo": tiny.kontext,
}
ON_TINY = [
    f"policy.hub.size={tiny.SIZE}",
    "policy.hub.n_steps=3",
    "policy.hub.controlnet=null",
    "policy.hub.precision=fp32",
    "trainer.eval_sketches=2",
    "data.sets={}",
]


def test_every_recipe_of_a_pipeline_is_tried():
    """Seen to fail without sd15_nft."""
    hub = [n for n in options("experiment") if composed("train", f"experiment={n}").policy.hub]
    assert set(hub) == set(RECIPES)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[slow] if n != "sd15_grpo" else []) for n in RECIPES]
)
def test_a_recipe_is_exact(name, run_inputs, tmp_path):
    """Ratio 1 to the bit at first, and a resume to the bit."""
    torch.manual_seed(0)
    RECIPES[name](tmp_path / "words").save_pretrained(tmp_path / "base")
    pools = load_pools(train_config(run_inputs, tmp_path).data, tiny.SIZE)

    def make(*more):
        words = [
            f"experiment={name}",
            *SMALL,
            *ON_TINY,
            f"policy.path='{tmp_path / 'base'}'",
            *more,
        ]
        return started(train_config(run_inputs, tmp_path / "runs", *words), pools)

    loss = composed("train", f"experiment={name}").learn.loss["_target_"]
    if get_object(loss).needs_log_probs:
        assert_ratio_one(*first_parts(filled(make()), pools, Warm()))
    assert_resumes(make, pools, Warm(), tmp_path / "checkpoints", n=1)

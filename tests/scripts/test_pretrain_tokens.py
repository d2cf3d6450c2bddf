"""`colorrl pretrain policy=region`: a run, its resume, what it refuses."""

import pytest

from colorrl.config.compose import run_dir
from colorrl.errors import UserError
from colorrl.policy.pipeline import load_generator
from colorrl.run import checkpoint
from colorrl.scripts.pretrain import main
from colorrl.training.pretrain_state import Pretraining
from colorrl.training.token_task import token_task
from tests.scripts.test_train import rows
from tests.tiny import assert_same_state, pretrain_config

TOKENS = ("policy=region", "augment=tokens", "policy.network.n_codes=8", "colorings=2",
          "policy.network.patch=2", "policy.network.n_encoder_layers=1",
          "policy.network.n_decoder_layers=1")  # fmt: skip


def test_region_tokens_learn_resume_to_the_bit_and_keep_their_best(run_inputs, tmp_path):
    """Seen to fail with masks drawn from torch's global generator, and without `best` in the
    checkpoint."""
    whole = (*TOKENS, "steps=24", "lr=1e-2", "validate_every=12", "save_every=12")
    straight = pretrain_config(run_inputs, tmp_path / "straight", *whole)
    main(straight)
    table = rows(run_dir(straight))
    nats = [float(row["train/entry_nats"]) for row in table]
    assert sum(nats[-5:]) < 0.8 * sum(nats[:5])
    for saved in ("best", "generator"):  # seen to fail with the shift of a flow
        found = load_generator(str(run_dir(straight) / saved))
        assert found.size == 32 and len(found.grid) == found.config.n_steps + 1
    broken = pretrain_config(run_inputs, tmp_path / "broken", *whole)
    run = Pretraining(broken)
    task = token_task(run, run_dir(broken))
    for step in range(12):
        task.update(task.draw(step))
    task.validate(True)
    checkpoint.save(run_dir(broken), 12, run.state())
    main(pretrain_config(run_inputs, tmp_path / "broken", *whole, "resume=auto"))
    states = [checkpoint.load(checkpoint.latest(run_dir(c))) for c in (straight, broken)]
    assert_same_state(*states)


def test_region_tokens_refuse_what_they_cannot_learn_from(run_inputs, tmp_path):
    cfg = pretrain_config(run_inputs, tmp_path, *TOKENS, "augment.hint=0.2")
    with pytest.raises(UserError, match=r"set augment\.hint=0"):
        main(cfg)

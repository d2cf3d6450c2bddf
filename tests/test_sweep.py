"""experiments/sweep/sweep.yaml, as the agent of Weights & Biases turns it into commands."""

from pathlib import Path

import yaml
from wandb.sdk.launch.sweeps.utils import create_sweep_command, create_sweep_command_args

from colorrl.cli.checked import checked
from colorrl.config.compose import conf_dir

SWEEP = Path(__file__).parents[1] / "experiments" / "sweep" / "sweep.yaml"
LISTED = "${args_no_hyphens}"


def values(parameter):
    """Its choices, or the ends of its range."""
    return parameter.get("values") or [parameter["min"], parameter["max"]]


def test_every_parameter_becomes_an_override_that_train_takes():
    """Both ends of each."""
    sweep = yaml.safe_load(SWEEP.read_text(encoding="utf-8"))
    tracked = yaml.safe_load((conf_dir() / "track/wandb.yaml").read_text(encoding="utf-8"))
    assert sweep["metric"] == {"name": "objective", "goal": "maximize"}
    assert "objective" in tracked["wandb"]  # logged under that word
    command = create_sweep_command(list(sweep["command"]))
    assert command[:5] == ["${env}", "${interpreter}", "-m", "colorrl", "train"]
    assert command[-1] == LISTED and "track=wandb" in command
    for end in (0, -1):
        args = {name: {"value": values(p)[end]} for name, p in sweep["parameters"].items()}
        overrides = create_sweep_command_args({"args": args})["args_no_hyphens"]
        cfg = checked("train", [*command[5:-1], *overrides])
        assert cfg.learn.lr == args["learn.lr"]["value"] and cfg.resume == "auto"
        assert cfg.trainer.group_size == args["trainer.group_size"]["value"]
        assert cfg.learn.credit == args["learn.credit"]["value"] and "wandb" in cfg.track

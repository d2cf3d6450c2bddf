"""Completion as bash asks for it."""

import shutil
import subprocess
import sys

import pytest

from colorrl.cli.complete import SCRIPTS, candidates


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("colorrl pre", ["prepare ", "pretrain ", "prefer "]),
        (".venv/bin/colorrl eval", ["evaluate "]),
        ("colorrl train learn=g", ["learn=grpo"]),
        ("colorrl train learn=rloo trainer.up", ["trainer.updates="]),
        ("colorrl trian learn=g", []),
    ],
)
def test_verbs_keys_and_options(line, expected):
    assert candidates(line) == expected


def test_bash_asks_the_command_that_is_typed(tmp_path):
    """The script names colorrl."""
    command = tmp_path / "colorrl"
    command.write_text(f'#!/bin/bash\nexec {sys.executable} -m colorrl "$@"\n')
    command.chmod(0o755)
    line = "colorrl train track=t"
    script = f"""{SCRIPTS["bash"]}
COMP_WORDS=({command} train track=t); COMP_LINE="{line}"; COMP_POINT={len(line)}
_colorrl; echo "${{COMPREPLY[@]}}"; complete -p colorrl"""
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "--norc", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[0] == "track=tensorboard"
    assert done.stdout.splitlines()[1].endswith("-F _colorrl colorrl")

"""``colorrl launch [OPTIONS] VERB [key=value ...]``: `accelerate launch` of a verb.

The configuration is checked before any process starts, and a process that fails has said why: the
launcher's own traceback does not follow.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from colorrl.cli.checked import checked
from colorrl.cli.said import say
from colorrl.config.schema import VERBS
from colorrl.errors import UserError

# what accelerate would warn of not having been given
DEFAULTS = ("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no")


def launch(words: Sequence[str]) -> None:
    """Exits as the process that failed first; 2 for a command that is not understood."""
    first = next((i for i, word in enumerate(words) if word in VERBS), None)
    if first is None:
        say("name a verb: colorrl launch --num_processes 2 train key=value")
        sys.exit(2)
    options, command = list(words[:first]), list(words[first:])
    try:
        checked(command[0], command[1:])
    except UserError as fault:
        say(fault)
        sys.exit(fault.exit_code)
    sys.exit(_processes(options, command))


def _processes(options: list[str], command: list[str]) -> int:
    """Run ``command`` in the processes that ``options`` of accelerate ask for; the exit code."""
    from accelerate.commands.launch import launch_command, launch_command_parser
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    args = launch_command_parser().parse_args([*DEFAULTS, *options, "-m", "colorrl", *command])
    if (args.num_processes or 0) > 1:
        args.multi_gpu = True  # several processes, with device=cpu too
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    try:
        launch_command(args)
    except ChildFailedError as fault:
        rank, failure = fault.get_first_failure()
        print(f"process {rank} ended with exit code {failure.exitcode}", file=sys.stderr)
        return abs(failure.exitcode)
    return 0

"""``colorrl VERB [key=value ...]``: one Hydra app per verb, all made here.

``python -m colorrl VERB`` is the same thing. Help and typed errors come before torch does.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from colorrl import __version__
from colorrl.cli.help import overview, page
from colorrl.cli.quoting import quote
from colorrl.cli.said import say
from colorrl.config.compose import check, conf_dir
from colorrl.config.schema import VERBS
from colorrl.config.typed import near_miss
from colorrl.errors import UserError

INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main() -> None:
    """The console script. Exits 0, 1 (failed), 2 (not understood) or 130 (Ctrl-C)."""
    verb, *args = sys.argv[1:] or ["--help"]
    if verb in ("--version", "-V"):
        print(f"colorrl {__version__}")
    elif verb in ("--help", "-h", "help"):
        _show(page(args[0]) if args and args[0] in VERBS else overview())
    elif verb in ("--completion", "--complete"):
        _complete(verb, args)
    elif verb == "launch":
        from colorrl.cli.launch import launch  # late: --help need not spend the time

        launch(args)
    elif verb.startswith("-"):
        print(f"error: {verb} comes after a verb: colorrl VERB {verb} ...", file=sys.stderr)
        sys.exit(2)
    elif verb not in VERBS:
        print(
            f"error: no verb '{verb}'{near_miss(verb, VERBS)} Try: colorrl --help", file=sys.stderr
        )
        sys.exit(2)
    else:
        run_verb(verb, args)


def _complete(flag: str, args: list[str]) -> None:
    """The script that a shell evaluates, and what it asks at each press of the tab key."""
    from colorrl.cli.complete import SCRIPTS, candidates  # late, as Hydra

    if flag == "--complete":
        _show("\n".join(candidates(args[0])))
    elif args and args[0] in SCRIPTS:
        _show(SCRIPTS[args[0]])
    else:
        say(f"colorrl --completion takes one of: {', '.join(SCRIPTS)}")
        sys.exit(2)


def run_verb(verb: str, args: Sequence[str] | None = None) -> None:
    """Compose ``conf/VERB.yaml`` with ``args`` (default: the command line), check it, run it."""
    args = sys.argv[1:] if args is None else args
    if {"--help", "-h"} & set(args):
        _show(page(verb))
        return
    try:
        _launch(verb, quote(args, VERBS[verb]))
    except UserError as fault:
        say(fault)
        sys.exit(fault.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _show(text: str) -> None:
    """Print, and take it quietly when the reader has closed the pipe (``| head``)."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _launch(verb: str, args: list[str]) -> None:
    import hydra

    # Hydra prints and exits on its own otherwise; its errors get our words below.
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")
    # Before torch is imported: its threads sleep while they wait. Spinning ones keep a neighbour
    # from the core that one of them needs, and an update then takes many times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.argv = [f"colorrl-{verb}", *args]
    composed = False

    @hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=verb)
    def job(cfg: Any) -> None:
        nonlocal composed
        composed = True
        _run(verb, cfg)

    try:
        job()
    except Exception as fault:
        if composed:
            raise
        from colorrl.cli.compose_errors import explain

        raise UserError(explain(verb, args, fault), exit_code=2) from None


def _run(verb: str, cfg: Any) -> None:
    """The verb itself. Errors for the user leave as SystemExit, which Hydra does not decorate."""
    from hydra.errors import InstantiationException  # late, as Hydra

    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if not sys.stderr.isatty():  # a log keeps every state of a progress bar: now and then is enough
        os.environ.setdefault("TQDM_MININTERVAL", "30")
        os.environ.setdefault("TQDM_MAXINTERVAL", "60")
        os.environ.setdefault("TQDM_BAR_FORMAT", "{l_bar}{r_bar}\n")  # what follows has its own
    try:
        typed = check(verb, cfg)
        importlib.import_module(f"colorrl.scripts.{verb}").main(typed)
    except UserError as fault:
        say(fault)
        sys.exit(fault.exit_code)
    except InstantiationException as fault:  # what a class says of its arguments, in Hydra's words
        if not isinstance(fault.__cause__, UserError | ValueError):
            raise
        say(fault.__cause__)
        sys.exit(2)
    except OSError as fault:  # a file that is not there, a full disk: named, and where it was met
        place = traceback.extract_tb(fault.__traceback__)[-1]
        say(f"{fault} ({place.filename}:{place.lineno})")
        sys.exit(1)


if __name__ == "__main__":
    main()

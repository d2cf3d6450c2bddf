"""A command line as the dataclass of its verb, without Hydra's launcher."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from colorrl.cli.compose_errors import config_dirs, explain
from colorrl.cli.quoting import quote
from colorrl.config.compose import check
from colorrl.config.composed import composed, search_path
from colorrl.config.schema import VERBS
from colorrl.errors import UserError


def checked(verb: str, words: Sequence[str]) -> Any:
    """The configuration of ``colorrl VERB WORDS``, ready to run.

    ``words`` are overrides and ``--config-dir FOLDER``. Raises UserError naming the near miss.
    """
    args = quote(words, VERBS[verb])
    overrides = list(takewhile(lambda arg: not arg.startswith("-"), args))
    try:
        cfg = composed(verb, [*overrides, *search_path(config_dirs(args))])
    except Exception as fault:  # Hydra's own words, of several kinds
        raise UserError(explain(verb, args, fault), exit_code=2) from None
    return check(verb, cfg)

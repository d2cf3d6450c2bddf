"""Hydra's composition called from Python, whatever Hydra the calling program has started."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from colorrl.config.compose import conf_dir


def composed(verb: str | None, overrides: Sequence[str]) -> Any:
    """conf/VERB.yaml with ``overrides`` in Hydra's grammar, as a DictConfig that is not checked.

    None = no file of a verb, only what ``overrides`` adds.
    """
    from hydra import compose, initialize_config_dir  # late: --help need not spend the time
    from hydra.core.global_hydra import GlobalHydra
    from hydra.initialize import get_gh_backup, restore_gh_from_backup

    before = get_gh_backup()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(conf_dir())):
            return compose(verb, list(overrides))
    finally:
        restore_gh_from_backup(before)


def search_path(folders: Sequence[Path]) -> list[str]:
    """The override that makes Hydra search ``folders`` beside conf/."""
    if not folders:
        return []
    listed = ",".join(f"'file://{folder.absolute()}'" for folder in folders)
    return [f"hydra.searchpath=[{listed}]"]

"""Networks that a module outside this project defines: who may be loaded, and who could not be.

A generator's folder names the class of its network. A module of this project is imported as a
matter of course. Another one runs code of its own when it is imported, so a folder, which may come
from anywhere, cannot have it imported: it must be there already, by ``imports=[MODULE]`` or by an
``import`` of the calling program.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from diffusers import ModelMixin
from hydra.utils import get_class

from colorrl.errors import UserError

OURS = "colorrl."
NEEDED = ("space", "encode", "predict")


def network_class(module: str, name: str, index: Path) -> type[ModelMixin]:
    """The class ``name`` of ``module``, which the folder of ``index`` wants for its network.

    Raises UserError for a module from outside that nobody has imported, and for no network.
    """
    found = sys.modules.get(module)
    if found is None and not module.startswith(OURS):
        raise UserError(
            f"{index} needs the network {module}.{name}, which is not part of colorrl. If you "
            f"trust that module, allow it: imports=[{module}] (in Python: import {module})"
        )
    kind = getattr(found, name, None)
    if not isinstance(kind, type) or not issubclass(kind, ModelMixin):
        raise UserError(
            f"{index.parent} does not load as a generator: {module} has no network {name}, a "
            "diffusers ModelMixin"
        )
    return kind


def import_network(spec: Mapping[str, Any]) -> None:
    """Import the class that a command names as ``policy.network``: a folder may then want it."""
    if spec:  # empty of what is no network of ours
        get_class(spec["_target_"])


def is_ours(network: Any) -> bool:
    """Whether this project defines the class of ``network``."""
    return type(network).__module__.startswith(OURS)


def _config(network: Any) -> dict[str, Any]:
    """The arguments it was made with."""
    return {name: value for name, value in network.config.items() if not name.startswith("_")}


def refuse_unloadable(
    network: Any, write: Callable[[Path, Any], None], load: Callable[[str], Any]
) -> None:
    """Raises UserError for a network from outside whose generator folder would not load again.

    It is tried, before hours of training: ``write`` to a folder and ``load`` of it.
    """
    kind = type(network)
    path = f"{kind.__module__}.{kind.__qualname__}"
    missing = [name for name in NEEDED if not hasattr(network, name)]
    if missing:
        raise UserError(
            f"policy.network: {path} has no {missing[0]}: colorrl/policy/protocol.py says what a "
            "policy has"
        )
    known = sys.modules.get(kind.__module__)
    if kind.__module__ == "__main__" or getattr(known, kind.__name__, None) is not kind:
        raise UserError(
            f"policy.network: {path} could not be loaded later, since no import finds it: define "
            "it at the top of a module of its own"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            write(Path(folder), network)
            found = load(folder).network
        except Exception as fault:  # whatever its own methods raise
            raise UserError(
                f"policy.network: what is trained as {path} could not be loaded later: {fault}. It "
                "must be a diffusers ModelMixin and ConfigMixin with register_to_config"
            ) from fault
    if _config(found) != _config(network):
        raise UserError(f"policy.network: {path} comes back from its folder with another config")

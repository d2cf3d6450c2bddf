"""Colouring as a Gymnasium environment: ``gymnasium.make("colorrl/RegionColoring-v0")``.

Importing this room registers it; so does Gymnasium itself, which finds an installed colorrl by
its entry point. Needs the extra ``env``: ``pip install colorrl[env]``.
"""

from __future__ import annotations

from colorrl.errors import UserError

try:
    import gymnasium
except ModuleNotFoundError:
    raise UserError("gymnasium is missing: install it with pip install colorrl[env]") from None

ID = "colorrl/RegionColoring-v0"


def register() -> None:
    """Make ``ID`` known to gymnasium.make and make_vec. Once or more often, it is the same."""
    if ID not in gymnasium.registry:
        gymnasium.register(
            ID,
            entry_point="colorrl.environment.region_coloring:RegionColoring",
            vector_entry_point="colorrl.environment.vector:RegionColoringVector",
        )


register()

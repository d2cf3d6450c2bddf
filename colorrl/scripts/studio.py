"""`colorrl studio`: a local page on which a folder of sketches is coloured and repainted."""

from __future__ import annotations

import webbrowser
from dataclasses import fields, replace
from typing import Any

from colorrl.config.schema.pages import ColorizeConfig
from colorrl.config.schema.studio import StudioConfig
from colorrl.device import pick_device
from colorrl.errors import UserError
from colorrl.export import journal
from colorrl.pages.colorizer import defaults
from colorrl.pages.settings import check_asked, settings_of
from colorrl.palette import palette_from
from colorrl.policy.pipeline import load_policy
from colorrl.run.lock import lock_of, take
from colorrl.studio.desk import Desk
from colorrl.studio.folder import Folder
from colorrl.studio.listen import check_host, listen
from colorrl.studio.open_page import FOLDER
from colorrl.studio.painter import SEVERAL, Painter
from colorrl.studio.server import app_of
from colorrl.studio.tasks import Tasks

RESULTS = "coloured"  # in the folder of sketches


def main(cfg: StudioConfig) -> None:
    """Serve the page until Ctrl-C. Raises UserError for what a person can mend."""
    check_host(cfg.host, cfg.token)
    root = cfg.input if cfg.input.is_dir() else cfg.input.parent
    output = root / RESULTS if cfg.output is None else cfg.output
    if (cfg.input / journal.NAME).exists():
        raise UserError(
            f"{cfg.input} holds results: give the folder of the sketches, with output={cfg.input}"
        )
    folder = Folder(cfg.input, output)
    with lock_of(output / FOLDER) as lock:
        if not take(lock, shared=False):
            raise UserError(f"another colorrl studio has {output} open: use that one, or end it")
        tasks = Tasks(folder, painter(cfg))
        app = app_of(Desk(folder), tasks, cfg.host, cfg.token)
        listen(app, cfg.host, cfg.port, greeting=lambda place: greet(cfg, place))


def painter(cfg: StudioConfig) -> Painter:
    """The generator, with the settings that `colorrl colorize` would have."""
    asked = as_colorize(cfg)
    try:
        check_asked(asked, has_palette=cfg.palette is not None)
        palette = None if cfg.palette is None else palette_from(cfg.palette)
    except (OSError, ValueError) as fault:
        raise UserError(str(fault), 2) from None
    device = pick_device(cfg.device)
    generator: Any = load_policy(cfg.policy)
    one, several = (
        settings_of(replace(asked, samples=n), generator.fingerprint(), palette, None)
        for n in (asked.samples, SEVERAL)
    )
    return Painter(generator, one, several, device)


def as_colorize(cfg: StudioConfig) -> ColorizeConfig:
    """The configuration of `colorrl colorize` that colours a page as ``cfg`` does."""
    known = {field.name for field in fields(ColorizeConfig)} - {"input", "output"}
    shared = [field.name for field in fields(StudioConfig) if field.name in known]
    return replace(defaults(), **{key: getattr(cfg, key) for key in shared})


def greet(cfg: StudioConfig, place: str) -> None:
    """Say where the page is, and open it."""
    address = place if cfg.token is None else f"{place}?token={cfg.token}"
    print(f"colour at {address}   Ctrl-C ends; every act is saved", flush=True)
    if cfg.browser:
        webbrowser.open(address)

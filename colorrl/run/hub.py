"""A run's generator on the Hugging Face hub: its model card and the upload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, HfApi, ModelCard, ModelCardData

from colorrl.errors import UserError
from colorrl.run.folder import RunFolder, read_run

CARD = "README.md"


def write_card(folder: Path, license: str | None = None) -> Path:
    """README.md of the generator in the run's ``folder``, from config.yaml and result.json.

    An adapter's card, which states its base, is written with the adapter: it takes the ``license``.
    """
    path = folder / "generator" / CARD
    of_adapter = (path.parent / "colorrl.json").exists()
    if not (of_adapter and path.exists()):
        path.write_text(str(model_card(read_run(folder), license)), encoding="utf-8")
    elif license is not None:
        card = ModelCard.load(path)
        card.data.license = license
        card.save(path)
    return path


def push(generator: Path, repo_id: str, *, private: bool | None, license: str | None) -> str:
    """Upload the folder ``generator`` of a run with its card; the address on the hub."""
    write_card(generator.parent, license)
    api = HfApi()
    try:
        url = api.create_repo(repo_id, private=private, exist_ok=True)
        api.upload_folder(repo_id=repo_id, folder_path=generator, commit_message="colorrl")
    except Exception as fault:  # the hub's client raises those of its HTTP library, too
        said = (str(fault).strip() or repr(fault)).splitlines()[0]
        raise UserError(
            f"{repo_id} did not go to the hub ({said}): log in with `hf auth "
            "login`, and check the name OWNER/NAME and the network"
        ) from fault
    return str(url)


def model_card(run: RunFolder, license: str | None = None) -> ModelCard:
    """What made the generator of ``run``, from what, and its held-out figures."""
    sets = list(run.config["data"]["sets"]) or [run.config["data"]["name"]]
    figures = held_out(run.result)
    trained = "learn" in run.config
    data = ModelCardData(
        license=license,
        library_name="colorrl",
        pipeline_tag="image-to-image",
        tags=["line-art", "colorization", "flats", *(["reinforcement-learning"] * trained)],
        model_name=run.name,
        eval_results=[
            EvalResult("image-to-image", name, ", ".join(sets), metric_type=name, metric_value=v)
            for name, v in figures.items()
        ]
        or None,
    )
    return ModelCard(f"---\n{data.to_yaml()}\n---\n\n{_body(run, sets, figures)}")


def held_out(result: Mapping[str, Any]) -> dict[str, float]:
    """The single numbers of result.json about held-out drawings."""
    kept = {k: v for k, v in result.items() if k.startswith(("eval/", "gold/"))}
    return {k: float(v) for k, v in kept.items() if isinstance(v, int | float)}


def _body(run: RunFolder, sets: list[str], figures: Mapping[str, float]) -> str:
    network, use = _use(run.path / "generator")
    policy = run.config["policy"]
    of_base = policy.get("hub") is not None
    started = policy["path"] if "learn" in run.config or of_base else run.config.get("start")
    licences = "the drawings trained on" + " and of the base" * of_base
    facts = {
        "trained by": f"`{run.result.get('command', 'unknown')}`",
        "commit": run.result.get("commit", "unknown"),
        "seed": run.seed,
        "started from": started or "scratch",
        "drawings": ", ".join(sets) + " (train split)",
        "network": network,
    }
    versions = run.result.get("versions", {})
    facts |= {name: versions[name] for name in ("python", "torch", "diffusers") if name in versions}
    return "\n".join(
        [
            f"# {run.name}",
            "",
            "A generator of flats (one clean colour per closed area) from line art.",
            "",
            "```python",
            *use,
            "```",
            "",
            *_table(("fact", "value"), facts),
            "",
            "## Held-out figures",
            "",
            f"On the val split of {', '.join(sets)}, which training did not see.",
            "",
            *_table(("figure", "value"), {k: f"{v:.4g}" for k, v in figures.items()}),
            "",
            f"The licence of {licences} applies to these weights as well.",
            "",
        ]
    )


def _table(head: tuple[str, str], rows: Mapping[str, Any]) -> list[str]:
    return [
        f"| {head[0]} | {head[1]} |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows.items()),
    ]


def _use(generator: Path) -> tuple[str, list[str]]:
    """What defines the network, and lines that load the model."""
    path = generator / "model_index.json"
    index = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if index and "network" not in index:  # a whole pipeline of diffusers
        kind = index["_class_name"]
        load = f'pipe = {kind}.from_pretrained("THIS_REPOSITORY")'
        return f"`diffusers.{kind}`", [f"from diffusers import {kind}", "", load]
    module = index["network"][0] if index else "colorrl"  # none of an adapter
    outside = None if module.split(".")[0] == "colorrl" else module
    allow = f"\nimport {outside}  # defines the network" if outside else ""
    load = 'Colorizer.from_pretrained("THIS_REPOSITORY")("page.png").save("page")'
    network = f"`{outside}`" if outside else "colorrl"
    return network, [f"from colorrl import Colorizer{allow}", "", load]

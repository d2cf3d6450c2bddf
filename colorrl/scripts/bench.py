"""Measure a part of colorrl against its peers: the suites of conf/suite/, one module each."""

from __future__ import annotations

from hydra.utils import instantiate

from colorrl.benchmarks.report import Report
from colorrl.config.schema.bench import BenchConfig
from colorrl.errors import UserError
from colorrl.run.result import write_result, write_text


def main(cfg: BenchConfig) -> None:
    """`colorrl bench`: run the suite; table.md and result.json go to ``cfg.output``."""
    if cfg.methods is not None and "only" not in cfg.suite:
        raise UserError(f"suite={cfg.suite['name']} compares no methods: leave out methods=")
    report: Report = instantiate(cfg.suite, _convert_="all")()
    write_text(cfg.output / "table.md", report.markdown)
    write_result(cfg.output / "result.json", report.values, cfg)
    print(f"{report.markdown}\n{cfg.output / 'table.md'}   figures: {cfg.output / 'result.json'}")
    if report.failures:
        raise UserError("; ".join(report.failures))

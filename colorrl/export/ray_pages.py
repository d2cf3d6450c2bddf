"""Pages as a Ray Data pipeline, on this machine or on a cluster.

Each worker reads and writes its own pages, so that no picture passes through Ray's store; input
and output must be places that every machine sees, a shared folder or a URL.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from colorrl.config import UserError
from colorrl.parallel import one_thread

try:
    import ray
    import ray.data
except ModuleNotFoundError:
    raise UserError('backend=ray needs Ray: pip install "colorrl[ray]"') from None

Item = TypeVar("Item")
Result = TypeVar("Result")


class Worker:
    """A process of one thread that keeps ``work``, generator and all."""

    def __init__(self, work: Callable[[Any], Any], items: Sequence[Any]) -> None:
        one_thread()
        self.work, self.items = work, items

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"place": row["place"], "end": pickle.dumps(self.work(self.items[row["place"]]))}


def on_ray(
    work: Callable[[Item], Result], items: Sequence[Item], *, workers: int | None
) -> Iterator[tuple[Item, Result]]:
    """``work`` of each item as it ends, in ``workers`` processes (None: one for each core that
    Ray has). ``work`` must pickle."""
    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    n = workers or int(ray.cluster_resources()["CPU"])
    rows = ray.data.from_items(
        [{"place": i} for i in range(len(items))], override_num_blocks=len(items)
    )
    ends = rows.map(
        Worker, fn_constructor_args=(work, items), concurrency=min(n, len(items)), num_cpus=1
    )
    for row in ends.iter_rows():
        yield items[row["place"]], pickle.loads(row["end"])

"""Pages as a Ray Data pipeline, on this machine or on a cluster.

Each worker reads and writes its own pages, so that no picture passes through Ray's store; input
and output must be places that every machine sees, a shared folder or a URL.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, cast

from colorrl.errors import UserError
from colorrl.parallel import Lost, one_thread

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
        place = row["place"]
        return {"place": place, "end": pickle.dumps(self.work(self.items[place]))}


def on_ray(
    work: Callable[[Item], Result], items: Sequence[Item], *, workers: int | None
) -> Iterator[tuple[Item, Result | Lost]]:
    """``work`` of each item as it ends, in ``workers`` processes (None: one for each core that
    Ray has). An item whose process dies is tried again, then once alone, as a neighbour's death may
    be what it met; then it is ``Lost``. ``work`` must pickle."""
    if not ray.is_initialized():
        ray.init(log_to_driver=False, logging_level=logging.WARNING)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False  # we have our own
    context.max_errored_blocks = -1  # one page a block: a lost one is not to end the others
    cores = int(ray.cluster_resources()["CPU"])
    n = min(cores if workers is None else workers, len(items))
    places = [{"place": place} for place in range(len(items))]
    worker: Any = Worker  # Ray's own types know functions alone
    ends = ray.data.from_items(places, override_num_blocks=len(items)).map(
        worker,
        fn_constructor_args=(work, items),
        compute=ray.data.ActorPoolStrategy(size=n),
        num_cpus=1,
        # without it Ray would give a page that kills its worker to one after another, for ever
        ray_remote_args_fn=lambda: {"max_restarts": -1, "max_task_retries": 1},
    )
    lost = dict(enumerate(items))
    for row in ends.iter_rows():
        yield lost.pop(row["place"]), pickle.loads(row["end"])
    for item in lost.values():
        yield item, _alone(work, item)


def _alone(work: Callable[[Item], Result], item: Item) -> Result | Lost:
    """``work`` of ``item`` in a process that does nothing else."""
    once = ray.remote(max_retries=0, num_cpus=1)(lambda: Worker(work, [item])({"place": 0})["end"])
    try:
        return cast("Result", pickle.loads(ray.get(once.remote())))
    except ray.exceptions.RayError:
        return Lost("its process died, perhaps for want of memory")

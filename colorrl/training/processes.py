"""The processes that share a run's updates."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from accelerate import Accelerator
from torch import Tensor

from colorrl.device import pick_device
from colorrl.errors import UserError


class Processes:
    """This process among all of them: where it computes, and how rows and sums cross.

    ``device`` as `device.pick_device` reads it, ``precision`` that networks compute in: ``no`` or
    ``bf16``. Raises UserError if accelerate gives another kind of device.
    """

    def __init__(self, device: str, precision: str) -> None:
        asked = pick_device(device).type
        self._accelerator = Accelerator(cpu=asked == "cpu", mixed_precision=precision)
        if self.device.type != asked:
            raise UserError(f"device={device}: this machine offers {self.device.type}")

    @property
    def device(self) -> torch.device:
        return self._accelerator.device

    @property
    def is_main(self) -> bool:
        """Whether this one writes and reports."""
        return self._accelerator.is_main_process

    @property
    def rank(self) -> int:
        return self._accelerator.process_index

    @property
    def n_processes(self) -> int:
        return self._accelerator.num_processes

    def autocast(self) -> AbstractContextManager[None]:
        """Within it networks compute in the run's precision."""
        return self._accelerator.autocast()

    def gather(self, values: Tensor) -> Tensor:
        """Rows of all processes, in rank order."""
        return self._accelerator.gather(values)

    def local_rows(self, rows: Tensor) -> Tensor:
        """This process's share of gathered rows."""
        return rows.chunk(self.n_processes)[self.rank]

    def sum(self, values: Tensor) -> Tensor:
        """Sum over processes."""
        return self._accelerator.reduce(values, reduction="sum")

    def agree(self, wish: bool) -> bool:
        """Whether any process wishes so: all stop together or none does."""
        return bool(self.sum(torch.tensor([float(wish)], device=self.device)) > 0)

    def wait(self) -> None:
        """Until all processes are here."""
        self._accelerator.wait_for_everyone()

    def close(self) -> None:
        """Leave the group of processes: its threads must not outlive the interpreter."""
        self._accelerator.end_training()

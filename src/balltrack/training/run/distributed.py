"""One training run in several processes, as ``torchrun`` starts them.

Every process draws its own part of the same batch; gradients are averaged by torch's
DistributedDataParallel; the first process alone writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from balltrack.errors import OptionError

T = TypeVar("T")


class Processes:
    """The processes of a run and which of them this is; one alone needs no torchrun.

    Attributes:
        rank: of this process.
        count: of all.
    """

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank = rank
        self.count = count
        # for words between processes, which must not wait for a GPU
        self._control = distributed.new_group(backend="gloo") if count > 1 else None

    @property
    def first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def part(self, size: int) -> range:
        """This process's places in a batch of ``size``.

        Raises:
            OptionError: the batch cannot be shared evenly.
        """
        if size % self.count:
            raise OptionError(
                f"batch_size must be a multiple of the {self.count} processes, got {size}"
            )
        share = size // self.count
        return range(self.rank * share, (self.rank + 1) * share)

    def synchronise(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network with batch norm over the whole batch; torch has none for CPUs."""
        if self.count == 1 or device.type != "cuda":
            return network
        shared: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return shared

    def wrap(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network with its gradients averaged over all processes."""
        if self.count == 1:
            return network
        indices = [device.index] if device.type == "cuda" else None
        return DistributedDataParallel(network, device_ids=indices, gradient_as_bucket_view=True)

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """Of a scalar, over all processes."""
        if self.count > 1:
            value = value.clone()
            distributed.all_reduce(value)
            value /= self.count
        return value

    def share_buffers(self, network: nn.Module) -> None:
        """The first process's buffers in all."""
        if self.count > 1:
            for buffer in network.buffers():
                distributed.broadcast(buffer, 0)

    def highest(self, number: int) -> int:
        """Of all processes' numbers."""
        if self.count == 1:
            return number
        shared = torch.tensor(number)
        distributed.all_reduce(shared, distributed.ReduceOp.MAX, group=self._control)
        return int(shared)

    def spread(self, items: list[T]) -> list[T]:
        """Every process's items i, i + count, … of a list that is the same in all."""
        return items[self.rank :: self.count]

    def gather(self, items: list[T]) -> list[T]:
        """Undo `spread` after each process has worked on its items."""
        if self.count == 1:
            return items
        parts: list[list[T]] = [[] for _ in range(self.count)]
        distributed.all_gather_object(parts, items, group=self._control)
        total = sum(map(len, parts))
        return [parts[i % self.count][i // self.count] for i in range(total)]


@contextmanager
def join_processes(device: torch.device) -> Iterator[tuple[Processes, torch.device]]:
    """Meet the other processes, if ``torchrun`` started this one, and take a GPU each.

    Args:
        device: the chosen one.

    Yields:
        The processes, and the device of this one.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(), device
        return
    backend = "gloo"
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        backend = "nccl"
    distributed.init_process_group(backend)
    try:
        yield Processes(distributed.get_rank(), count), device
    finally:
        distributed.destroy_process_group()

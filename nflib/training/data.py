"""Data of a training run: points, with their context if there is one, taken by their numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils import data as sources

from nflib.flow import Flow
from nflib.training.checkpoint import fingerprint
from nflib.validation import check_points, first_tensor

Array = Tensor | np.ndarray
Data = Array | tuple[Array, Array] | sources.Dataset | sources.DataLoader
Prepare = Callable[[Tensor, torch.Generator], Tensor]
IN_ANY_ORDER = sources.SequentialSampler | sources.RandomSampler | sources.DistributedSampler


class Rows:
    """The n rows of the data: ``tensors`` in memory, or a Dataset, read when they are asked for.

    Args:
        name: the caller and its argument, as ``"fit: data"``; opens every message.
        data, prepare: as in ``fit``.  flow: has the dtype, the device and the dimension.

    Attributes:
        n: how many.  device: of the data.  weights: of mean 1; ``None`` if all are equal.
    """

    weights: Tensor | None = None
    tensors: tuple[Tensor, ...] = ()
    dataset: Any = None

    def __init__(self, name: str, data: Data, flow: Flow, prepare: Prepare | None = None) -> None:
        like = first_tensor(flow)
        self.like = torch.empty(0) if like is None else like
        self.name, self.prepare, self.d = name, prepare, None if prepare else flow.d
        if isinstance(data, sources.Dataset | sources.DataLoader):
            self._open(data)
        else:
            self.tensors = self._checked(data)
            self.n, self.device = len(self.tensors[0]), self.tensors[0].device

    def take(self, numbers: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, ...]:
        """The rows of these numbers, prepared by the generator, on the flow's device."""
        rows = (t[numbers] for t in self.tensors) if self.dataset is None else self._read(numbers)
        x, *context = (t.to(self.like.device) for t in rows)
        generator = generator or torch.Generator(self.like.device).manual_seed(0)
        return x if self.prepare is None else self.prepare(x, generator), *context

    def keep(self) -> None:
        """Read and prepare all rows now, and keep them."""
        if self.dataset is not None or self.prepare is not None:
            self.tensors, self.dataset = self.take(torch.arange(self.n)), None

    def fingerprint(self) -> str:
        """A text that other rows do not share; if a Dataset is not read, its type and length."""
        unread = f"{type(self.dataset).__name__} of {self.n} rows"
        text = fingerprint(*self.tensors) if self.dataset is None else unread
        return text if self.weights is None else f"{text}, weights {fingerprint(self.weights)}"

    def weigh(self, name: str, weights: Array | None) -> None:
        """Give the rows these weights, shape (n,), divided by their mean."""
        if weights is None:
            return
        w = _as_tensor(name, weights)
        if not isinstance(w, Tensor) or w.shape != (self.n,):
            got = tuple(w.shape) if isinstance(w, Tensor) else type(w).__name__
            raise ValueError(f"{name}: expected shape ({self.n},), one for each row, got {got}")
        w = w.detach().cpu().double()
        wrong = w[~w.isfinite() | (w < 0)].tolist() or (w.max() == 0) * ["zeros"]
        if wrong:
            raise ValueError(f"{name}: expected finite values ≥ 0, and one > 0, got {wrong[0]}")
        w = w / w.max()
        self.weights = (w / w.mean()).to(self.like.dtype).to(self.device)

    def _open(self, data: Any) -> None:
        """Take the Dataset, and the function that makes a minibatch of a list of its items."""
        loader = data if isinstance(data, sources.DataLoader) else None
        self.dataset = data if loader is None else loader.dataset
        self.collate = sources.default_collate if loader is None else loader.collate_fn
        by_number = not isinstance(self.dataset, sources.IterableDataset)
        self.n = len(self.dataset) if by_number and hasattr(self.dataset, "__len__") else 0
        if self.n == 0:
            expected, got = "a Dataset of n ≥ 1 rows, read by number", type(self.dataset).__name__
            raise TypeError(f"{self.name}: expected {expected}, got {got}")
        if loader and (loader.batch_size is None or not isinstance(loader.sampler, IN_ANY_ORDER)):
            expected = "a DataLoader with a batch_size, whose order is left to fit"
            got = f"{loader.batch_size} and {type(loader.sampler).__name__}"
            raise ValueError(f"{self.name}: expected {expected}, got {got}")
        self.device = self._read(torch.tensor([0]))[0].device  # also: what is wrong shows now

    def _read(self, numbers: Tensor) -> tuple[Tensor, ...]:
        rows = self.collate([self.dataset[i] for i in numbers.tolist()])
        return self._checked(tuple(rows) if isinstance(rows, list) else rows)

    def _checked(self, data: Any) -> tuple[Tensor, ...]:
        """Refuse data that are not finite points, and contexts if there are, of n ≥ 1 rows each.

        Of arrays and of a Dataset, what is not to be prepared comes out in the flow's dtype.
        """
        name, given = self.name, data if isinstance(data, tuple) else (data,)
        rows = [_as_tensor(name, t) for t in given]
        if len(rows) not in (1, 2) or not all(isinstance(t, Tensor) for t in rows):
            got = ", ".join(type(t).__name__ for t in given)
            expected = "a tensor, or a pair of points and context, or arrays, or a Dataset"
            raise TypeError(f"{name}: expected {expected}, got {got}")
        for k, t in enumerate(rows):
            if (self.dataset is not None or t is not given[k]) and (k or self.d is not None):
                rows[k] = t.to(self.like.dtype)
        x = rows[0]
        if self.d is not None:
            check_points(name, x, self.d, None)
            if x.ndim != 2:
                raise ValueError(f"{name}: expected shape (n, {self.d}), got {tuple(x.shape)}")
        if x.ndim == 0 or len(x) == 0 or any(len(t) != len(x) for t in rows):
            got = " and ".join(str(tuple(t.shape)) for t in rows)
            raise ValueError(f"{name}: expected n ≥ 1 rows, as many in each tensor, got {got}")
        for t in rows:
            wrong = (~t.isfinite()).reshape(len(t), -1).any(-1).nonzero()
            if len(wrong):
                got = f"{len(wrong)} rows that are not, the first being row {int(wrong[0])}"
                raise ValueError(f"{name}: expected finite values, got {got}")
        return tuple(rows)


def _as_tensor(name: str, value: Any) -> Any:
    """A NumPy array as a tensor of its own; anything else as it is."""
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.kind not in "biuf":
        raise TypeError(f"{name}: expected an array of real numbers, got dtype {value.dtype}")
    return torch.tensor(value.astype(value.dtype.newbyteorder("="), order="C"))

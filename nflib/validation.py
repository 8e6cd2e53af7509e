"""Checks of arguments. A batch of points is a floating tensor of shape (*batch, d).

The dimension d is always the last axis, also on the line: a point is of shape (1,), n points
are (n, 1). Another kind or dtype is a TypeError; another shape, value or device is a ValueError.
The checks of points read only shapes, dtypes and devices, never values, so they cost no
synchronisation with a GPU and vanish under ``torch.compile``.
"""

from collections.abc import Iterable
from operator import index

import torch
from torch import Tensor


def check_points(name: str, points: Tensor, d: int | None, like: Tensor | None) -> None:
    """Refuse ``points`` that are not a batch of points of dimension ``d``; ``None`` admits any.

    Args:
        name: the caller and its argument, as ``"Planar.forward: z"``; opens every message.
        like: a tensor whose dtype and device the points must share; ``None`` admits any.
    """
    if not isinstance(points, Tensor):
        raise TypeError(f"{name}: expected a tensor of points, got {type(points).__name__}")
    if not points.is_floating_point():
        raise TypeError(f"{name}: expected a floating dtype, got {points.dtype}")
    if points.ndim == 0 or (d is not None and points.shape[-1] != d):
        expected = f"(*batch, {'d' if d is None else d})"
        raise ValueError(f"{name}: expected shape {expected}, got {tuple(points.shape)}")
    if like is None:
        return
    if points.dtype != like.dtype:
        raise TypeError(
            f"{name}: expected dtype {like.dtype}, that of the parameters, got {points.dtype}; "
            "convert the points or the module, as in module.double()"
        )
    if points.device != like.device:
        raise ValueError(
            f"{name}: expected device {like.device}, that of the parameters, "
            f"got {points.device}; move one of them with .to(device)"
        )


def check_context(
    name: str, context: Tensor | None, size: int | None, points: Tensor
) -> tuple[Tensor, ...]:
    """Refuse a context that does not fit, and expand it to the batch of ``points``.

    Args:
        name: as in ``check_points``.
        size: the expected last axis; ``None`` if the caller takes no context.
        points: already checked, shape (*batch, d).

    Returns:
        () if size is None, else (context,) expanded to shape (*batch, size).
    """
    if size is None and context is None:
        return ()
    if size is None:
        raise ValueError(f"{name}: expected None, for nothing here takes a context")
    if context is None:
        raise TypeError(f"{name}: expected a tensor of shape (*batch, {size}), got None")
    check_points(name, context, size, points)
    batch, own = points.shape[:-1], context.shape[:-1]
    last = batch[max(len(batch) - len(own), 0) :]
    if len(own) > len(batch) or not all(n in (1, m) for n, m in zip(own, last, strict=True)):
        expected = f"a batch that broadcasts to {tuple(batch)}, that of the points"
        pairs = f"for points of batch {tuple(batch)} in each context, the batch is {(*batch, *own)}"
        raise ValueError(f"{name}: expected {expected}, got {tuple(own)}; {pairs}")
    return (context.expand(*batch, size),)


def check_dimension(name: str, *sizes: int, least: int = 1) -> None:
    """Refuse sizes that are not ints, or are less than ``least``."""
    for d in sizes:
        if not isinstance(d, int) or isinstance(d, bool):
            raise TypeError(f"{name}: expected an int, got {type(d).__name__}")
        if d < least:
            raise ValueError(f"{name}: expected at least {least}, got {d}")


def check_finite(name: str, value: Tensor, like: Tensor | None = None) -> None:
    """Refuse what is no finite floating tensor, or not as ``like``; for constructors."""
    if not isinstance(value, Tensor) or not value.is_floating_point():
        got = value.dtype if isinstance(value, Tensor) else type(value).__name__
        raise TypeError(f"{name}: expected a floating tensor, got {got}")
    if not value.is_meta and not bool(torch.isfinite(value).all()):
        raise ValueError(f"{name}: expected finite values, got {value.tolist()}")
    if like is not None and value.shape != like.shape:
        raise ValueError(f"{name}: expected shape {tuple(like.shape)}, got {tuple(value.shape)}")
    if like is not None and value.dtype != like.dtype:
        raise TypeError(f"{name}: expected dtype {like.dtype}, got {value.dtype}")


def as_shape(shape: int | Iterable[int], generator: object = None) -> tuple[int, ...]:
    """The shape of a sample that is given as a shape, or as an int n for (n,); any type of integers.

    Anything else is refused, as is a generator that is neither a ``torch.Generator`` nor None.
    """
    if not isinstance(generator, torch.Generator | None):
        got = type(generator).__name__
        raise TypeError(f"sample: generator: expected a torch.Generator or None, got {got}")
    try:
        sizes = tuple(map(index, shape if isinstance(shape, Iterable) else (shape,)))
    except TypeError:
        raise TypeError(f"sample: shape: expected an int or ints, got {shape!r}") from None
    if min(sizes, default=0) < 0:
        raise ValueError(f"sample: shape: expected no negative size, got {shape}")
    return sizes


def first_tensor(module: torch.nn.Module) -> Tensor | None:
    """The first floating tensor of ``module`` and its parts, whose dtype and device it has."""
    for tensor in (*module._parameters.values(), *module._buffers.values()):
        if tensor is not None and tensor.is_floating_point():
            return tensor
    for part in module._modules.values():
        if part is not None and (tensor := first_tensor(part)) is not None:
            return tensor
    return None

"""Supports that are boxes [low_1, high_1] × … × [low_d, high_d], carried from layer to layer.

A box is known by its ends, a tensor of shape (2, d), which may be ±∞. A map of each coordinate takes
ends to ends, a permutation permutes them, and a spline leaves them if none is within its bound. From
any other map of R^d onto R^d only the image of R^d is known.
"""

import math
from collections.abc import Callable
from itertools import groupby

import torch
from torch import Tensor
from torch.distributions import constraints
from torch.distributions.constraints import Constraint

from nflib.bijections.actnorm import ActNorm
from nflib.bijections.autoregressive import (
    MaskedHistogramAutoregressive,
    MaskedSplineAutoregressive,
)
from nflib.bijections.bijection import Bijection, Composition, Inverse
from nflib.bijections.by_coordinate import ByCoordinate
from nflib.bijections.coupling import Coupling, SplineCoupling
from nflib.bijections.elementwise import Elementwise
from nflib.bijections.permutation import Permutation
from nflib.validation import first_tensor

NAMED = {
    (-math.inf, math.inf): constraints.real_vector,
    (0.0, math.inf): constraints.independent(constraints.positive, 1),
    (0.0, 1.0): constraints.independent(constraints.unit_interval, 1),
}


class _Unknown(Exception):
    """An image is not known to be a box."""


class FiniteSet(Constraint):
    """The set where a function, as a log-density, is neither −∞ nor NaN."""

    event_dim = 1

    def __init__(self, log: Callable[[Tensor], Tensor]) -> None:
        self.log = log
        super().__init__()

    def check(self, value: Tensor) -> Tensor:
        return self.log(value) > -math.inf


@torch.no_grad()
def image(
    f: Bijection, of: Constraint = constraints.real_vector, inverse: bool = False
) -> Constraint | None:
    """The image under f of that part of a set where f is defined, as a constraint of torch.

    The image of R^d is the set that f maps onto; under f⁻¹, it is the set where f is defined. The
    constraint is of event_dim 1 and one that ``torch.distributions.biject_to`` takes; ``None`` if the
    image is not known to be a box.
    """
    if of is constraints.real_vector and not restricted(f):
        return of
    try:
        ends = _image(f, _ends(of, first_tensor(f)), inverse)
    except _Unknown:
        return None
    if not bool((ends[0] < ends[1]).all()):
        return None
    parts: list[Constraint] = []
    lengths = []
    for ((to_left, to_right),), run in groupby(ends.T.split(1), lambda e: e.isinf().tolist()):
        pairs = torch.cat(list(run))
        low, high = (e[0].item() if bool((e == e[0]).all()) else e for e in pairs.T)
        from_low = constraints.greater_than(low) if to_right else constraints.interval(low, high)
        to_high = constraints.real if to_right else constraints.less_than(high)
        parts.append(to_high if to_left else from_low)
        lengths.append(len(pairs))
    if len(parts) == 1:
        return NAMED.get((low, high)) or constraints.independent(parts[0], 1)
    return constraints.independent(constraints.cat(parts, -1, lengths), 1)


def _ends(of: Constraint, like: Tensor | None) -> Tensor:
    """The ends of a set, shape (2, d), or (2, 1) for d times the same."""
    of = getattr(of, "base_constraint", of)
    low, high = getattr(of, "lower_bound", -math.inf), getattr(of, "upper_bound", math.inf)
    if not (hasattr(of, "lower_bound") or hasattr(of, "upper_bound") or of is constraints.real):
        raise _Unknown
    if like is None:
        like = low if isinstance(low, Tensor) else torch.tensor(0.0, dtype=torch.float64)
    ends = [torch.as_tensor(end).to(like).reshape(-1) for end in (low, high)]
    return torch.stack(torch.broadcast_tensors(*ends))


def _image(f: Bijection, ends: Tensor, inverse: bool) -> Tensor:
    if isinstance(f, Inverse):
        return _image(f.bijection, ends, not inverse)
    if isinstance(f, Composition):
        for part in reversed(f.bijections) if inverse else f.bijections:
            ends = _image(part, ends, inverse)
        return ends
    if isinstance(f, Elementwise):
        return _elementwise(f, ends, inverse).sort(0).values
    ends = ends.expand(2, f.d or ends.shape[1])
    if isinstance(f, ActNorm):
        return (f.inverse if inverse else f)(ends)[0]
    if isinstance(f, Permutation):
        return ends[:, f.back if inverse else f.order]
    if isinstance(f, ByCoordinate):
        each = zip(f.bijections, ends.split(1, 1), strict=True)
        return torch.cat([_image(g, its_ends, inverse) for g, its_ends in each], 1)
    if isinstance(f, MaskedHistogramAutoregressive):
        ends = ends.clamp(0, 1)
        if bool((ends.diff(dim=0) < 1).any()):  # a part of the cube, and we cannot say onto which
            raise _Unknown
        return ends
    bound = torch.full_like(ends, math.inf)  # ends nearer to 0 move, we cannot say where to
    if isinstance(f, SplineCoupling | MaskedSplineAutoregressive):
        bound.fill_(f.bound)
    if isinstance(f, Coupling):
        bound[:, f.mask] = 0.0
    elif isinstance(f, MaskedSplineAutoregressive) and f.conditioner.circular is not None:
        circular = f.conditioner.circular
        ends = torch.where(circular, ends.clamp(-math.pi, math.pi), ends)
        bound = torch.where(circular, 3.14, bound)
    elif restricted(f):
        raise _Unknown
    if bool((ends.abs() < bound).any()):
        raise _Unknown
    return ends


def _elementwise(f: Elementwise, ends: Tensor, inverse: bool) -> Tensor:
    """The images of the ends; those of ±∞ are the limits of f, which stops a little before them."""
    if inverse:
        return f.f_inverse(ends.clamp(f.low, f.high))[0]
    increasing = f.f(torch.ones_like(ends))[0] > f.f(torch.zeros_like(ends))[0]
    low, high = map(ends.new_tensor, (f.low, f.high))
    return torch.where(ends.isinf(), torch.where(increasing == (ends > 0), high, low), f.f(ends)[0])


def restricted(f: Bijection) -> bool:
    """Whether f has a part that is not from the whole of R^d onto the whole of it."""
    return any(getattr(part, "restricted", False) for part in f.modules())

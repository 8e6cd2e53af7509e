"""Base class of all bijections x = f(z), their composition, and the view of one as its inverse.

Forward goes from the base to the data (z → x, sampling), inverse from the data to the base
(x → z, density). Each direction returns the log|det| of its own Jacobian:

    forward(z) = (f(z),   log|det J_f(z)|)
    inverse(x) = (f⁻¹(x), log|det J_{f⁻¹}(x)|),     the opposite number when x = f(z).

**Domain.** A bijection maps a set onto a set: Exp maps R onto (0, ∞). At a point
outside its set, either direction returns log|det| = −∞ and a finite stand-in for the image,
so that every sum with it is −∞: a density of zero, and never NaN. The stand-in does not depend
on the point, so it adds nothing to the gradients of the other points. Inside the set nothing is
masked: NaN in gives NaN out, so that errors show. The result at ±∞ is not specified.

**Context.** A conditional bijection is a bijection for every value of its context, a vector c
of shape (*batch, context_size): x = f(z; c). log|det| is that of z ↦ f(z; c), c held fixed.

**A new layer is the identity** wherever its parametrisation allows it: hence ``Planar`` has
m(0) = 0, unlike its paper.

**Checks of arguments** read shapes, dtypes and devices only, never values; constructors also
refuse parameters that are not finite.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from nflib.validation import check_context, check_points, first_tensor


class Bijection(nn.Module, ABC):
    """A map x = f(z) of R^d, or of a part of it, with its inverse and both log|det|.

    A subclass writes ``_forward`` and ``_inverse`` for points that have been checked, and sets
    ``d`` if it fixes the dimension. If it can be conditional, it sets ``context_size`` and both
    methods have a second argument, ``context=None``, already of shape (*batch, context_size).

    Here as in all of nflib, an argument that is not as *Args* say is refused by its name: a
    TypeError if it is of another kind or dtype, as a size that is no int, and a ValueError if it is
    of another shape or value, as a size less than 1. *Raises* tells of what else is refused.

    Attributes:
        d: the dimension of the points; ``None`` if f accepts any.
        context_size: the dimension of the context; ``None`` if it takes no context.

    Source: Papamakarios et al., Normalizing Flows for Probabilistic Modeling and Inference,
        JMLR 22(57), 2021, section 2.1.
    """

    d: int | None = None
    context_size: int | None = None

    @abstractmethod
    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]: ...

    @abstractmethod
    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]: ...

    def forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Map z to x = f(z), shape (*batch, d), with log|det J_f(z)|, shape (*batch,).

        Args:
            z: points of the base, shape (*batch, d), of the dtype and device of the parameters.
            context: shape (*batch, context_size), or a batch that broadcasts to that of z;
                ``None`` if, and only if, ``context_size`` is None.
        """
        name = f"{type(self).__name__}.forward"
        check_points(f"{name}: z", z, self.d, first_tensor(self))
        given = check_context(f"{name}: context", context, self.context_size, z)
        return self._forward(z, *given)

    def inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Map x to z = f⁻¹(x), with log|det J_{f⁻¹}(x)| = −log|det J_f(z)|.

        Points of the data, shape (*batch, d); arguments and results as in ``forward``.
        """
        name = f"{type(self).__name__}.inverse"
        check_points(f"{name}: x", x, self.d, first_tensor(self))
        given = check_context(f"{name}: context", context, self.context_size, x)
        return self._inverse(x, *given)

    def extra_repr(self) -> str:
        return "" if self.d is None or self._modules else f"d={self.d}"


class Composition(Bijection):
    """The composition f = f_K ∘ … ∘ f_1, in the order in which they act: ``Composition(f_1, …, f_K)``.

    Formula:
        z_0 = z,  z_k = f_k(z_{k−1}),  x = z_K,
        log|det J_f(z)| = Σ_k log|det J_{f_k}(z_{k−1})|;  the inverse goes from K to 1.
    With no bijection it is the identity. A context goes to the parts that take one. Parts that fix
    a dimension, of the points or of the context, fix the same.

    Source: Papamakarios et al. (2021), equations 5 and 6.
    """

    bijections: Any  # a ModuleList of Bijections; its type cannot name their class

    def __init__(self, *bijections: Bijection) -> None:
        super().__init__()
        for k, f in enumerate(bijections, start=1):
            check_bijection(f"Composition: bijection {k}", f)
            for name in ("d", "context_size"):
                expected, got = getattr(self, name), getattr(f, name)
                if None not in (expected, got) and expected != got:
                    raise ValueError(
                        f"Composition: bijection {k}, {type(f).__name__}: expected {name} = "
                        f"{expected}, that of those before it, got {name} = {got}"
                    )
                setattr(self, name, got if expected is None else expected)
        self.bijections = nn.ModuleList(bijections)

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        log_abs_det = z.new_zeros(z.shape[:-1])
        for f in self.bijections:
            z, log_abs_det_k = f.forward(z, context if f.context_size else None)
            log_abs_det = log_abs_det + log_abs_det_k
        return z, log_abs_det

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        log_abs_det = x.new_zeros(x.shape[:-1])
        for f in reversed(self.bijections):
            x, log_abs_det_k = f.inverse(x, context if f.context_size else None)
            log_abs_det = log_abs_det + log_abs_det_k
        return x, log_abs_det


class Inverse(Bijection):
    """The inverse of a bijection as a bijection: x = f⁻¹(z).

    It is a view, not a copy: it shares the parameters of ``bijection``.
    """

    def __init__(self, bijection: Bijection) -> None:
        super().__init__()
        check_bijection("Inverse: bijection", bijection)
        self.bijection = bijection
        self.d, self.context_size = bijection.d, bijection.context_size

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self.bijection.inverse(z, context)

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self.bijection.forward(x, context)


def check_bijection(name: str, bijection: object) -> None:
    """Refuse what is not a Bijection (TypeError); ``name`` opens the message."""
    if not isinstance(bijection, Bijection):
        raise TypeError(f"{name}: expected a Bijection, got {bijection!r}")


def full_precision(points: Tensor) -> AbstractContextManager:
    """Disable autocast, so that the matrix products of a bijection are not rounded to bfloat16.

    Autocast is meant for the networks that condition a layer; a bijection computed in 8 bits of
    mantissa would no longer be undone by its inverse.
    """
    device = points.device.type
    if device == "meta":  # meta tensors have no values, and no autocast
        return nullcontext()
    return torch.autocast(device, enabled=False)

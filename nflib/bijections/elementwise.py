"""Bijections of the line, applied to every coordinate: x_i = f(z_i).

The Jacobian is diagonal, so log|det J_f(z)| = Σ_i log|f'(z_i)|. Each class gives f, its
inverse f⁻¹ and the logarithms of their slopes, written so that no digit is lost: log f'
comes from a formula of its own, never from the logarithm of a slope that may round to zero.
"""

import math
from abc import abstractmethod

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from nflib.bijections.bijection import Bijection, Inverse
from nflib.validation import check_finite

ROOM = 2.0**12  # from the largest image to the largest number: for a change of unit after it


class Elementwise(Bijection):
    """Base class of x_i = f(z_i) with f: R → J increasing or decreasing, J = (low, high).

    A subclass writes ``f`` and ``f_inverse`` = f⁻¹, each returning the values and log|slope|, and
    says what ``low`` and ``high`` are.

    J is open, but tanh 20 rounds to 1, which is not in J: a sample of density zero. So images stay
    a few units in the last place inside, also after a change of origin that rounds once more.
    """

    low: float = -math.inf
    high: float = math.inf

    @abstractmethod
    def f(self, z: Tensor) -> tuple[Tensor, Tensor]: ...

    @abstractmethod
    def f_inverse(self, x: Tensor) -> tuple[Tensor, Tensor]: ...

    @property
    def restricted(self) -> bool:
        """Whether J is not the whole line."""
        return self.low > -math.inf or self.high < math.inf

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x, log_slope = self.f(z)
        if self.restricted:
            limits = torch.finfo(x.dtype)
            low, high = (max(limits.tiny, 4 * limits.eps * abs(e)) for e in (self.low, self.high))
            most = limits.max / ROOM if self.high == math.inf else self.high - high
            x = x.clamp(self.low + low, most)
        return x, log_slope.sum(-1)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if not self.restricted:
            z, log_slope = self.f_inverse(x)
            return z, log_slope.sum(-1)
        outside = (x <= self.low) | (x >= self.high)  # False for NaN
        stand_in = self.low + 1 if self.high == math.inf else (self.low + self.high) / 2
        z, log_slope = self.f_inverse(torch.where(outside, stand_in, x))
        return z, torch.where(outside, -math.inf, log_slope).sum(-1)


class Affine(Elementwise):
    """The bijection x = loc + scale · z, coordinate by coordinate: a change of origin and unit.

    Formula: log|det J_f| = Σ_i log|scale_i|; the inverse is z = (x − loc)/scale.

    Args:
        loc: a number for all coordinates, or a tensor of shape () or (d,).
        scale: of the same kind; not zero, may be negative. Numbers stay Python floats, which are
            exact in any dtype; tensors become buffers, which ``.to()`` and ``.double()`` convert.

    Source: P. Musé's lecture, example 1: x = 2z + 1.
    """

    loc: float | Tensor
    scale: float | Tensor

    def __init__(self, loc: float | Tensor, scale: float | Tensor) -> None:
        super().__init__()
        self._store("loc", loc)
        self._store("scale", scale)
        if bool((torch.as_tensor(self.scale) == 0).any()):
            raise ValueError(f"Affine: scale: expected no zero, got {scale}")

    def _store(self, name: str, value: float | Tensor) -> None:
        if not isinstance(value, Tensor):
            check_finite(f"Affine: {name}", torch.tensor(float(value), dtype=torch.float64))
            setattr(self, name, float(value))
            return
        check_finite(f"Affine: {name}", value)
        if value.ndim > 1 or (value.ndim == 1 and self.d not in (None, len(value))):
            expected = "() or (d,)" if self.d is None else f"() or ({self.d},), as loc"
            got = tuple(value.shape)
            raise ValueError(f"Affine: {name}: expected shape {expected}, got {got}")
        self.d = len(value) if value.ndim == 1 else self.d
        self.register_buffer(name, value.detach().clone())

    def f(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x = self.loc + self.scale * z
        # A z that is lost beside loc would come back as 0, which may be outside of its set
        lost = (x == self.loc) & (z != 0)
        step = torch.finfo(z.dtype).eps * x.detach().abs() * (self.scale * z.detach()).sign()
        return torch.where(lost, x + step, x), self._log_scale(z)

    def f_inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return (x - self.loc) / self.scale, -self._log_scale(x)

    def _log_scale(self, like: Tensor) -> Tensor:
        return (self.scale * torch.ones_like(like)).abs().log()

    def extra_repr(self) -> str:
        return f"loc={self.loc}, scale={self.scale}"


class Exp(Elementwise):
    """The bijection x = e^z, from R onto (0, ∞).

    Formula: log f'(z) = z; inverse z = log x, log (f⁻¹)'(x) = −log x.
    A z whose e^z over- or underflows goes to the largest, or to the smallest, image in the dtype.
    Source: P. Musé's lecture, example 2.
    """

    low = 0.0

    def f(self, z: Tensor) -> tuple[Tensor, Tensor]:
        limits = torch.finfo(z.dtype)
        return z.clamp(math.log(limits.tiny), math.log(limits.max / ROOM)).exp(), z

    def f_inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = x.log()
        return z, -z


class Sigmoid(Elementwise):
    """The bijection x = σ(z) = 1/(1 + e^{−z}), from R onto (0, 1).

    Formula: log f'(z) = log σ(z) + log σ(−z); inverse z = log x − log(1 − x),
    log (f⁻¹)'(x) = −log x − log(1 − x).
    Source: Dinh et al., Density estimation using Real NVP, ICLR 2017, section 4.1.
    """

    low, high = 0.0, 1.0

    def f(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z.sigmoid(), logsigmoid(z) + logsigmoid(-z)

    def f_inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_x, log_1_minus_x = x.log(), torch.log1p(-x)
        return log_x - log_1_minus_x, -log_x - log_1_minus_x


class Softplus(Elementwise):
    """The bijection x = log(1 + e^z), from R onto (0, ∞).

    Formula: log f'(z) = log σ(z); inverse z = log(e^x − 1) = x + log(1 − e^{−x}),
    log (f⁻¹)'(x) = −log(1 − e^{−x}).
    Source: Dugas et al., Incorporating Second-Order Functional Knowledge, NeurIPS 2000.
    """

    low = 0.0

    def f(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return -logsigmoid(-z), logsigmoid(z)

    def f_inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_slope_at_z = torch.log(-torch.expm1(-x))
        return x + log_slope_at_z, -log_slope_at_z


class Tanh(Elementwise):
    """The bijection x = tanh z, from R onto (−1, 1).

    Formula: log f'(z) = log sech²z = log 4 + log σ(2z) + log σ(−2z); inverse z = artanh x,
    log (f⁻¹)'(x) = −log(1 − x) − log(1 + x).
    Source: Haarnoja et al., Soft Actor-Critic, ICML 2018, appendix C.
    """

    low, high = -1.0, 1.0

    def f(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z.tanh(), math.log(4.0) + logsigmoid(2 * z) + logsigmoid(-2 * z)

    def f_inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.atanh(), -torch.log1p(-x) - torch.log1p(x)


class Log(Inverse):
    """The bijection x = log z, from (0, ∞) onto R: the inverse view of Exp."""

    def __init__(self) -> None:
        super().__init__(Exp())


class Logit(Inverse):
    """The bijection x = log z − log(1 − z), from (0, 1) onto R: the inverse view of Sigmoid."""

    def __init__(self) -> None:
        super().__init__(Sigmoid())

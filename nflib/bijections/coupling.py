"""Couplings: some coordinates pass unchanged, and the maps of the others depend on them.

With A the coordinates where the mask is True and B the others,

    x_A = z_A,   x_i = f(z_i; θ_i) for i in B,   θ = conditioner(z_A, context).

With A before B the Jacobian is triangular, and only the slopes of f are on its diagonal:
log|det J_f(z)| = Σ_{i∈B} log f'(z_i; θ_i). The inverse has the same θ, as x_A = z_A: either
direction is one pass of the network, which itself is never inverted or differentiated.

One coupling leaves A unchanged: compose several of different masks, as ``mask`` and ``~mask``.
"""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection
from nflib.bijections.spline import rational_quadratic, rational_quadratic_inverse
from nflib.validation import check_dimension


class Coupling(Bijection):
    """Base class: a subclass has ``f``, ``f_inverse`` and ``n_params``, how many numbers θ_i has.

    Args:
        mask: bool, shape (d,): True passes unchanged. A False is needed, and a True or a context.
        conditioner: any ``nn.Module``. It gets the n unchanged coordinates, in their order, and
            behind them the context if there is one, shape (*batch, n + context_size), and
            returns shape (*batch, n_params · (d − n)). If it has an attribute ``context_size``
            that is not None or 0, as ``MLP(…, context=3)`` has, the coupling is conditional.
    """

    n_params: int
    mask: Tensor
    kept: Tensor
    changed: Tensor
    order: Tensor

    def __init__(self, mask: Tensor, conditioner: nn.Module) -> None:
        super().__init__()
        name = type(self).__name__
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool:
            got = mask.dtype if isinstance(mask, Tensor) else type(mask).__name__
            raise TypeError(f"{name}: mask: expected a bool tensor, got {got}")
        if not isinstance(conditioner, nn.Module):
            raise TypeError(f"{name}: conditioner: expected an nn.Module, got {conditioner!r}")
        if mask.ndim != 1:
            raise ValueError(f"{name}: mask: expected shape (d,), got {tuple(mask.shape)}")
        self.d, self.conditioner = len(mask), conditioner
        self.context_size = getattr(conditioner, "context_size", None) or None
        if bool(mask.all()) or not (bool(mask.any()) or self.context_size):
            expected = "a False, and a True or a context"
            raise ValueError(f"{name}: mask: expected {expected}, got {mask.tolist()}")
        kept, changed = mask.nonzero()[:, 0], (~mask).nonzero()[:, 0]
        order = torch.cat([kept, changed]).argsort()
        buffers = {"mask": mask.clone(), "kept": kept, "changed": changed, "order": order}
        for key, buffer in buffers.items():
            self.register_buffer(key, buffer, persistent=False)
        # If A and B are two blocks, views replace copies, in a tenth of the time.
        self.kept_first = bool(mask[0])
        self.blocks = bool((mask[1:] != mask[:-1]).sum() <= 1)

    @abstractmethod
    def f(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Map z_B to x_B and log f', all (*batch, d − n), by θ, (*batch, n_params · (d − n))."""

    @abstractmethod
    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Map x_B back to z_B and −log f', the log of the slope there; shapes as in ``f``."""

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        kept, changed = self._split(z)
        changed, log_slope = self.f(changed, self._theta(kept, context))
        return self._merge(kept, changed), log_slope.sum(-1)

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        kept, changed = self._split(x)
        changed, log_slope = self.f_inverse(changed, self._theta(kept, context))
        return self._merge(kept, changed), log_slope.sum(-1)

    def _theta(self, kept: Tensor, context: Tensor | None) -> Tensor:
        seen = kept if context is None else torch.cat([kept, context], -1)
        theta = self.conditioner(seen).to(kept.dtype)  # autocast may have made it bfloat16
        expected = (*kept.shape[:-1], self.n_params * len(self.changed))
        if theta.shape != expected:
            got, name = tuple(theta.shape), type(self).__name__
            raise ValueError(f"{name}: conditioner: expected shape {expected}, got {got}")
        return theta

    def _split(self, points: Tensor) -> tuple[Tensor, Tensor]:
        if not self.blocks:
            return points.index_select(-1, self.kept), points.index_select(-1, self.changed)
        n = len(self.kept if self.kept_first else self.changed)
        # Two slices instead would have slower gradients.
        first, second = points.split_with_sizes((n, points.shape[-1] - n), -1)
        return (first, second) if self.kept_first else (second, first)

    def _merge(self, kept: Tensor, changed: Tensor) -> Tensor:
        if not self.blocks:
            return torch.cat([kept, changed], -1).index_select(-1, self.order)
        return torch.cat([kept, changed] if self.kept_first else [changed, kept], -1)

    def extra_repr(self) -> str:
        return f"d={self.d}, unchanged={len(self.kept)}"


class AdditiveCoupling(Coupling):
    """The coupling x_i = z_i + t_i, with t from the conditioner: it keeps volumes, log|det| = 0.

    Arguments and errors as in ``Coupling``; ``n_params`` is 1.

    Source: Dinh et al., NICE: Non-linear Independent Components Estimation, ICLR 2015 workshop,
        the additive coupling layer.
    """

    n_params = 1

    def f(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        return z + theta, torch.zeros_like(z)

    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        return x - theta, torch.zeros_like(x)


class AffineCoupling(Coupling):
    """The coupling x_i = t_i + exp(s_i) z_i, with a log-scale s_i in (−2, 2).

    Formula: s = 2 tanh(a/2) = 4σ(a) − 2, where the conditioner returns (t, a), first all t and then
        all a; log|det J_f(z)| = Σ_{i∈B} s_i. The inverse is z_i = (x_i − t_i) exp(−s_i).
    The bound keeps deep stacks finite: where every other layer scales a coordinate, even forty
    layers multiply it by less than e⁴⁰, whose square is finite in float32.

    Arguments and errors as in ``Coupling``; ``n_params`` is 2.

    Source: Dinh et al., Density estimation using Real NVP, ICLR 2017, equations 4 to 8.
    """

    n_params = 2

    def f(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        t, a = theta.chunk(2, -1)
        s = 4 * a.sigmoid() - 2
        return torch.addcmul(t, z, s.exp()), s

    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        t, a = theta.chunk(2, -1)
        minus_s = 2 - 4 * a.sigmoid()
        return (x - t) * minus_s.exp(), minus_s


class SplineCoupling(Coupling):
    """The coupling x_i = f(z_i; θ_i), a monotone rational-quadratic spline on [−bound, bound].

    Outside of it f is the identity. See ``nflib.bijections.spline`` for f, its slope and its
    inverse in closed form.

    Args:
        mask, conditioner: as in ``Coupling``; for each changed coordinate in turn, θ holds the
            widths and heights of the bins and the slopes at the inner knots.
        bins: K; ``n_params`` is 3K − 1.
        bound: B > 0; the data should lie within it, once standardised.

    Source: Durkan et al., Neural Spline Flows, NeurIPS 2019, sections 3.1 and 3.2.
    """

    def __init__(
        self, mask: Tensor, conditioner: nn.Module, bins: int = 8, bound: float = 5.0
    ) -> None:
        super().__init__(mask, conditioner)
        check_dimension("SplineCoupling: bins", bins)
        if not 0 < bound < float("inf"):
            raise ValueError(f"SplineCoupling: bound: expected a positive number, got {bound}")
        self.bins, self.bound, self.n_params = bins, float(bound), 3 * bins - 1

    def f(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        return rational_quadratic(z, *self._spline(theta), self.bound)

    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        return rational_quadratic_inverse(x, *self._spline(theta), self.bound)

    def _spline(self, theta: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        each = theta.unflatten(-1, (len(self.changed), self.n_params))
        return each.split([self.bins, self.bins, self.bins - 1], -1)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, bins={self.bins}, bound={self.bound:g}"

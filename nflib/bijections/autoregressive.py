"""Masked autoregressive bijections: the map of each coordinate depends on those before it.

    x_i = f(z_i; θ_i),   θ_i = θ_i(x_1, …, x_{i−1}; context),   f increasing in z_i,

with all θ from one masked network (``nflib.bijections.made``). The Jacobian is triangular, and
log|det J_f(z)| = Σ_i log f'(z_i; θ_i).

**Both directions cost one network pass of arithmetic.** From x to z (density) all θ are known
at once. From z to x (sampling) they become known one after the other; but as no unit of the
network changes once its inputs are known, each is still computed once: see ``MADE.solve``.
It takes up to d steps in sequence, though, where the other direction takes one.

**MAF and IAF.** As they stand these are masked autoregressive flows, MAF: θ_i depends on the
earlier x. The inverse autoregressive flow, IAF, where θ_i depends on the earlier z and sampling
takes one step, is the inverse view of the same map:
``Inverse(MaskedAffineAutoregressive(d))``.

The first coordinates depend on few others: compose several layers, with ``Permutation`` between.
"""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection, full_precision
from nflib.bijections.circular import spline_on_circles
from nflib.bijections.conditioner import Conditioner
from nflib.bijections.histogram import piecewise_linear, piecewise_linear_inverse
from nflib.bijections.made import MADE
from nflib.networks import Activation
from nflib.validation import check_dimension


class MaskedAutoregressive(Bijection):
    """Base class; a subclass writes the increasing map ``f`` of the line and ``f_inverse``.

    The network of θ, ``conditioner``, runs without autocast: the two directions compute θ in
    different orders, whose results agree only in full precision.
    """

    def __init__(self, conditioner: Conditioner, sizes: tuple[int, int] | None = None) -> None:
        super().__init__()
        if sizes not in (None, got := (conditioner.d, conditioner.n_params)):
            expected = f"one of (d, n_params) = {sizes}"
            raise ValueError(f"{type(self).__name__}: conditioner: expected {expected}, got {got}")
        self.conditioner = conditioner
        self.d, self.context_size = conditioner.d, conditioner.context_size

    @abstractmethod
    def f(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Map z, shape (*shape), and θ, shape (*shape, n_params), to x and log f'(z; θ), elementwise."""

    @abstractmethod
    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Map x and the same θ back to z, and to the log of the slope there, −log f'(z; θ)."""

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        with full_precision(z):
            return self.conditioner.solve(self.f, z, context)

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        with full_precision(x):
            z, log_slope = self.f_inverse(x, self.conditioner(x, context))
        return z, log_slope.sum(-1)


class MaskedAffineAutoregressive(MaskedAutoregressive):
    """The bijection x_i = z_i exp(s_i) + m_i, with m_i and s_i functions of x_1, …, x_{i−1}.

    Formula: s = 4σ(a) − 2, bounded as in ``AffineCoupling``, θ_i = (m_i, a_i);
        log|det J_f(z)| = Σ_i s_i. The inverse is z_i = (x_i − m_i) exp(−s_i).
    A new layer is the identity.

    Args:
        d: the dimension.
        hidden: the widths of the network's hidden layers, any number of them.
        context: the dimension of the context, 0 for none.
        generator: the source of randomness of the first weights; ``None`` is torch's global one.
        activation: that of the network's units, see ``nflib.MLP``.
        conditioner: in place of a MADE of these sizes, another network of this d and of two
            parameters, as a ``CausalTransformer``.

    Source: Papamakarios, Pavlakou and Murray, Masked Autoregressive Flow for Density Estimation,
        NeurIPS 2017, equations 3 and 4; IAF: Kingma et al., NeurIPS 2016. The one-pass solution
        is ours.
    """

    def __init__(
        self,
        d: int,
        hidden: tuple[int, ...] = (128, 128),
        context: int = 0,
        generator: torch.Generator | None = None,
        activation: Activation = nn.ReLU,
        conditioner: Conditioner | None = None,
    ) -> None:
        made = conditioner or MADE(d, 2, hidden, context, generator, activation)
        super().__init__(made, (d, 2))

    def f(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        m, a = theta.mT.unbind(-2)  # rows in memory: their gradients are joined without a copy
        s = 4 * a.sigmoid() - 2
        return torch.addcmul(m, z, s.exp()), s

    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        m, a = theta.mT.unbind(-2)
        minus_s = 2 - 4 * a.sigmoid()
        return (x - m) * minus_s.exp(), minus_s


class MaskedSplineAutoregressive(MaskedAutoregressive):
    """The bijection x_i = f(z_i; θ_i), a rational-quadratic spline, θ_i from x_1, …, x_{i−1}.

    On [−bound, bound]; outside of it f is the identity. A new layer is the identity.
    See ``nflib.bijections.spline`` for f, its slope and its inverse.

    Where ``circular`` is True, x_i is an angle in [−π, π], f the circular spline of
    ``nflib.bijections.circular``, and the network sees cos x_i and sin x_i: no density on a torus or a
    cylinder has a seam. A base for them, uniform on the circle and logistic on the line:
        Flow(StandardUniform(2), ByCoordinate(Affine(-math.pi, 2 * math.pi), Logit()), …).

    Args:
        d, hidden, context, generator, activation, conditioner: as in
            ``MaskedAffineAutoregressive``.
        bins: K; θ_i holds the widths and heights of the bins and the slopes at the inner knots.
        bound: B > 0; the data should lie within it, once standardised.
        circular: d bools; ``None``: no angles. θ_i then holds φ, too.

    Source: Durkan et al., Neural Spline Flows, NeurIPS 2019, sections 3.1 and 3.2.
    """

    def __init__(
        self,
        d: int,
        hidden: tuple[int, ...] = (128, 128),
        bins: int = 8,
        bound: float = 5.0,
        context: int = 0,
        generator: torch.Generator | None = None,
        activation: Activation = nn.ReLU,
        circular: Sequence[bool] | Tensor | None = None,
        conditioner: Conditioner | None = None,
    ) -> None:
        check_dimension("MaskedSplineAutoregressive: bins", bins)
        name = "MaskedSplineAutoregressive"
        if not 0 < bound < float("inf"):
            raise ValueError(f"{name}: bound: expected a positive number, got {bound}")
        angles = None if circular is None else [bool(each) for each in circular]
        if angles is not None and len(angles) != d:
            raise ValueError(f"{name}: circular: expected {d} bools, got {circular}")
        n_params = 3 * bins - (angles is None)
        made = conditioner or MADE(d, n_params, hidden, context, generator, activation, angles)
        super().__init__(made, (d, n_params))
        self.bins, self.bound, self.restricted = bins, float(bound), angles is not None

    def f(self, z: Tensor, theta: Tensor, circular: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return spline_on_circles(z, self._split(theta), circular, self.bound)

    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        angles = self.conditioner.circular
        return spline_on_circles(x, self._split(theta), angles, self.bound, inverse=True)

    def _split(self, theta: Tensor) -> tuple[Tensor, ...]:
        sizes = [self.bins, self.bins, self.bins - 1, int(self.restricted)]
        return tuple(part.mT for part in theta.mT.split(sizes, -2))

    def extra_repr(self) -> str:
        return f"bins={self.bins}, bound={self.bound:g}"


class MaskedHistogramAutoregressive(MaskedAutoregressive):
    """The bijection x_i = f(u_i; θ_i) of [0, 1]^d, f a histogram spline, θ_i from x_1, …, x_{i−1}.

    Of a uniform base it makes p(x) = Π_i p(x_i | x_1, …, x_{i−1}), each factor a histogram. See
    ``nflib.bijections.histogram`` for f and its inverse. A new layer has the same histogram for each
    i: of pieces of equal shares, or that of ``counts``.

    Args:
        conditioner: the network of θ, with n_params = K.
        knots: shape (K + 1,), increasing from 0 to 1, as those of ``histogram_knots``.
        counts: how often each of Q grey levels occurs in the data, shape (Q,).

    Source: as in ``nflib.bijections.histogram``.
    """

    knots: Tensor
    restricted = True

    def __init__(
        self, conditioner: Conditioner, knots: Tensor, counts: Tensor | None = None
    ) -> None:
        super().__init__(conditioner)
        K = conditioner.n_params
        rising = bool((knots.diff() > 0).all()) and (float(knots[0]), float(knots[-1])) == (0, 1)
        if knots.shape != (K + 1,) or not rising:
            expected = f"n_params + 1 = {K + 1} numbers that increase from 0 to 1"
            got = knots.tolist()
            raise ValueError(f"{type(self).__name__}: knots: expected {expected}, got {got}")
        self.register_buffer("knots", knots.clone())
        if counts is not None:
            below = torch.nn.functional.pad(counts.cumsum(0), (1, 0)).double()
            pieces = below[(knots * len(counts)).round().long()].diff().clamp(min=0.5)
            conditioner.start_at((pieces / pieces.sum() / knots.diff()).log())

    def f(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        return piecewise_linear(z, theta, self.knots)

    def f_inverse(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        return piecewise_linear_inverse(x, theta, self.knots)

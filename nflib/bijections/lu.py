"""The linear bijection x = P L U z + b, never singular, with log|det| in O(d)."""

import torch
from torch import Tensor, nn
from torch.linalg import solve_triangular

from nflib.bijections.bijection import Bijection, full_precision
from nflib.validation import check_dimension


class LULinear(Bijection):
    """The bijection x = P L U z + b: P a fixed permutation, L and U triangular and learned.

    Parametrisation by a free matrix A and a free vector s:
        L = I + the part of A below the diagonal,  U = diag(eˢ) + the part of A above it,
    so that W = P L U is invertible for every A and s: training cannot make it singular.

    Formula:
        log|det J_f(z)| = Σ_i s_i, at every z, without a determinant;
        inverse z = U⁻¹L⁻¹Pᵀ(x − b), by two triangular systems, O(d²) a point.

    Args:
        d: the dimension.
        generator: draws a random P; ``None`` for P = I. A = 0, s = 0 and b = 0 at the start: a
            new layer is x = P z, and without a generator the identity.

    Attributes:
        A, s, b: the parameters, shapes (d, d), (d,), (d,).  order: P as in ``Permutation``.

    Source: Kingma and Dhariwal, Glow, NeurIPS 2018, equations 10 and 11; here diag U > 0, and
        the sign of det W is that of P.
    """

    d: int
    order: Tensor

    def __init__(self, d: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_dimension("LULinear: d", d)
        self.d = d
        self.A = nn.Parameter(torch.zeros(d, d))
        self.s = nn.Parameter(torch.zeros(d))
        self.b = nn.Parameter(torch.zeros(d))
        drawn = generator is not None
        order = torch.randperm(d, generator=generator) if drawn else torch.arange(d)
        self.register_buffer("order", order)

    @property
    def weight(self) -> Tensor:
        """The matrix W = P L U, shape (d, d)."""
        L, U = self._triangles()
        return (L @ U)[self.order]

    def _triangles(self) -> tuple[Tensor, Tensor]:
        L = self.A.tril(-1) + torch.eye(self.d, dtype=self.A.dtype, device=self.A.device)
        return L, self.A.triu(1) + self.s.exp().diag()

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        L, U = self._triangles()
        with full_precision(z):
            y = z @ U.T @ L.T
        x = y.index_select(-1, self.order) + self.b
        return x, self.s.sum().expand(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        L, U = self._triangles()
        y = (x - self.b).index_select(-1, self.order.argsort())
        rows = y.reshape(-1, self.d)  # a point a row: zᵀUᵀLᵀ = yᵀ
        rows = solve_triangular(L.T, rows, upper=True, left=False, unitriangular=True)
        z = solve_triangular(U.T, rows, upper=False, left=False).reshape(x.shape)
        return z, -self.s.sum().expand(x.shape[:-1])

"""The Sylvester bijection x = z + Q R tanh(R̃ Qᵀz + b): M planar directions that act at once.

Sylvester's identity det(I_d + AB) = det(I_M + BA), A of shape (d, M), replaces a d×d determinant
by one of size M. With the columns of Q orthonormal and R, R̃ upper triangular, that one is of a
triangular matrix too: with y = R̃Qᵀz + b and T = R̃R,

    det J_f(z) = det(I_M + diag(sech²y) R̃QᵀQR) = Π_i (1 + c_i sech²y_i),   c_i = T_ii = r̃_ii r_ii.

f is a bijection when all c_i > −1. Its inverse: R̃Qᵀx + b = y + T tanh y is triangular in y, and
solved coordinate by coordinate from the last, each equation being that of a planar layer.
"""

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection, full_precision
from nflib.bijections.tanh_map import back_substitution, constrain, tanh_and_slope
from nflib.validation import check_dimension


class Sylvester(Bijection):
    """The bijection x = f(z) = z + Q R tanh(R̃ Qᵀz + b), QᵀQ = I, R and R̃ upper triangular, r_ii r̃_ii > −1.

    Parametrisation by free numbers: Q is the first M columns of a product of Householder
    reflections, r̃_ii = exp(s_i) and r_ii = m(p_i)/r̃_ii with ``Planar``'s m, m(0) = 0. That r̃_ii > 0
    costs nothing: changing the sign of y_i, of r̃_ii and of the column i of R changes nothing.

    Formula:
        log|det J_f(z)| = Σ_i log(t_i² + (1 + c_i) sech²y_i),  t = tanh y, c_i = m(p_i).

    Args:
        d: the dimension.
        rank: M, from 1 to d.
        generator: the source of randomness for Q. R = 0, R̃ = I and b = 0: a new layer is the
            identity, whose gradient is zero except in R.

    Attributes:
        reflections: shape (d, M), read below the diagonal.  p, s, b: shape (M,).
        above, above_tilde: r_ij and r̃_ij for i < j, shape (M, M), read above the diagonal.
        Q: shape (d, M).

    Source: van den Berg, Hasenclever, Tomczak and Welling, Sylvester Normalizing Flows for
        Variational Inference, UAI 2018; the inverse is ours.
    """

    def __init__(self, d: int, rank: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_dimension("Sylvester: d", d)
        check_dimension("Sylvester: rank", rank)
        if rank > d:
            raise ValueError(f"Sylvester: rank: expected at most d = {d}, got {rank}")
        self.d = d
        self.reflections = nn.Parameter(torch.randn(d, rank, generator=generator))
        self.p, self.s, self.b = (nn.Parameter(torch.zeros(rank)) for _ in range(3))
        self.above, self.above_tilde = (nn.Parameter(torch.zeros(rank, rank)) for _ in range(2))

    @property
    def Q(self) -> Tensor:
        """The matrix Q with orthonormal columns, shape (d, M)."""
        below = self.reflections.tril(-1)
        return torch.linalg.householder_product(below, 2 / (1 + below.square().sum(0)))

    def triangles(self) -> tuple[Tensor, Tensor, Tensor]:
        """The upper triangular R and R̃, shape (M, M), where r̃_ii > 0, and 1 + c, shape (M,)."""
        one_plus_c, m_minus_p = constrain(self.p)
        R = torch.diag((self.p + m_minus_p) * (-self.s).exp()) + self.above.triu(1)
        return R, torch.diag(self.s.exp()) + self.above_tilde.triu(1), one_plus_c

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        (R, R_tilde, one_plus_c), Q = self.triangles(), self.Q
        with full_precision(z):
            t, slope = tanh_and_slope(z @ Q @ R_tilde.T + self.b, one_plus_c)
            return z + t @ R.T @ Q.T, slope.log().sum(-1)

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        (R, R_tilde, one_plus_c), Q = self.triangles(), self.Q
        with full_precision(x):
            s = (x @ Q @ R_tilde.T + self.b).reshape(-1, len(R))
            y = back_substitution(s.T, R_tilde @ R, one_plus_c).T.reshape(*x.shape[:-1], len(R))
            t, slope = tanh_and_slope(y, one_plus_c)
            return x - t @ R.T @ Q.T, -slope.log().sum(-1)

    def extra_repr(self) -> str:
        return f"d={self.d}, rank={len(self.p)}"

"""The linear bijection x = W z + b with a dense matrix: log|det| by elimination, in O(d³)."""

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection, full_precision
from nflib.validation import check_finite


class Linear(Bijection):
    """The bijection x = W z + b, with an invertible matrix W of shape (d, d).

    Formula:
        log|det J_f(z)| = log|det W|, the same at every z;  inverse z = W⁻¹(x − b),
        found by elimination (LU), never by forming W⁻¹.

    Args:
        weight: W, shape (d, d), not singular to working precision: its condition number in the
            1-norm, which does not depend on units, is less than 1/ε, or W⁻¹x might not have one
            right digit. A copy of it becomes a parameter, free to move in training.
        bias: b, shape (d,); ``None`` for a linear map without translation.

    Training may still move W to where det W = 0. No error is raised there, as a test would make
    a GPU wait; log|det| is then −∞ and the inverse is not finite, so the loss shows it at once.

    Source: Papamakarios et al. (2021), section 3.2 (linear flows).
    """

    d: int

    def __init__(self, weight: Tensor, bias: Tensor | None = None) -> None:
        super().__init__()
        check_finite("Linear: weight", weight)
        if weight.ndim != 2 or weight.shape[0] != weight.shape[1] or weight.shape[0] == 0:
            raise ValueError(f"Linear: weight: expected shape (d, d), got {tuple(weight.shape)}")
        self.d = weight.shape[0]
        condition = torch.linalg.cond(weight.detach(), 1)
        if not weight.is_meta and not bool(condition < 1 / torch.finfo(weight.dtype).eps):
            got = f"one that is singular to working precision (condition number {condition:.1e})"
            raise ValueError(f"Linear: weight: expected an invertible matrix, got {got}")
        self.weight = nn.Parameter(weight.detach().clone())
        self.register_parameter("bias", None)
        if bias is not None:
            check_finite("Linear: bias", bias, weight[0])
            self.bias = nn.Parameter(bias.detach().clone())

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        _, _, log_abs_det = self._eliminate()
        with full_precision(z):
            x = z @ self.weight.T
        x = x if self.bias is None else x + self.bias
        return x, log_abs_det.expand(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        LU, pivots, log_abs_det = self._eliminate()
        x = x if self.bias is None else x - self.bias
        columns = x.reshape(-1, self.d).T
        z = torch.linalg.lu_solve(LU, pivots, columns).T.reshape(x.shape)
        return z, -log_abs_det.expand(x.shape[:-1])

    def _eliminate(self) -> tuple[Tensor, Tensor, Tensor]:
        """The packed factors of P L U = W, the pivots, and log|det W| = Σ_i log|U_ii|.

        One elimination serves log|det| and inverse; ``torch.linalg.solve`` is wrong in
        forward-mode differentiation under vmap (torch 2.13).
        """
        LU, pivots, _ = torch.linalg.lu_factor_ex(self.weight)
        return LU, pivots, LU.diagonal().abs().log().sum()

    def extra_repr(self) -> str:
        return f"d={self.d}, bias={self.bias is not None}"

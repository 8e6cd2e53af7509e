"""The orthogonal bijection x = Q z by Householder reflections: log|det| = 0, inverse z = Qᵀx."""

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection
from nflib.validation import check_dimension


class Orthogonal(Bijection):
    """The bijection x = Q z with Q = H_K ⋯ H_1, where H_k z = z − 2 n_k (n_kᵀz), n_k = v_k/‖v_k‖.

    Each H_k is the reflection that exchanges ±n_k: it is orthogonal, and its own inverse. So
    Qᵀ = H_1 ⋯ H_K, and no step of training takes Q away from the orthogonal matrices. As K is
    even, det Q = 1: Q is a rotation, and with K ≥ d − 1 it can be any rotation.

    Args:
        d: the dimension.
        reflections: K, even; they start in equal pairs, so that a new layer is the identity.
            ``None`` for d, or d + 1 if d is odd.
        generator: the source of randomness for v_k ~ N(0, I).

    Attributes:
        v: the free vectors, shape (K, d). Q does not depend on their lengths; v_k = 0 gives NaN.

    Source: Tomczak and Welling, Improving Variational Auto-Encoders using Householder Flow,
        2016 (arXiv:1611.09630).
    """

    def __init__(
        self, d: int, reflections: int | None = None, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        check_dimension("Orthogonal: d", d)
        self.d = d
        K = d + d % 2 if reflections is None else reflections
        check_dimension("Orthogonal: reflections", K)
        if K % 2:
            raise ValueError(f"Orthogonal: reflections: expected an even number, got {K}")
        v = torch.randn(K // 2, d, generator=generator)
        self.v = nn.Parameter(v.repeat_interleave(2, dim=0))

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self._reflect(z, self._normals()), z.new_zeros(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self._reflect(x, self._normals().flip(0)), x.new_zeros(x.shape[:-1])

    def _normals(self) -> Tensor:
        v = self.v / self.v.detach().abs().amax(-1, keepdim=True)  # squares stay in range
        return v / v.square().sum(-1, keepdim=True).sqrt()

    def _reflect(self, points: Tensor, normals: Tensor) -> Tensor:
        for n in normals.unbind():
            points = points - 2 * (points * n).sum(-1, keepdim=True) * n
        return points

    def extra_repr(self) -> str:
        return f"d={self.d}, reflections={len(self.v)}"

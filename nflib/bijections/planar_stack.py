"""K planar layers as one triangular system: the cost of a layer no longer grows with d.

Layer k moves its point along û_k: z_k = z_{k−1} + û_k h_k, h_k = tanh a_k, a_k = w_kᵀz_{k−1} + b_k.
So z_{k−1} = z + Σ_{j<k} û_j h_j, and a layer depends on the ones before it only through the
numbers G_kj = w_kᵀû_j. With B points, the rows of Z, and a layer in each row of A and H,

    A = W Zᵀ + b,   G = W Ûᵀ,   h_k = tanh(A_k + Σ_{j<k} G_kj h_j),   X = Z + Hᵀ Û.

where A and H have shape (K, B). The two matrix products cost O(K d) a point, and the system
between them O(K²), whatever d is. With Z = X − Hᵀ Û it becomes a system for the inverse, from
k = K to 1:

    a_k + c_k tanh a_k = (W Xᵀ + b)_k − Σ_{j>k} G_kj h_j,   c_k = G_kk.
"""

import math

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection, full_precision
from nflib.bijections.in_place import in_place
from nflib.bijections.planar import Planar, constrained_u
from nflib.bijections.tanh_map import back_substitution, tanh_and_slope
from nflib.validation import check_dimension

BLOCK = 8  # layers between two matrix products that carry what is known to the layers ahead


class PlanarStack(Bijection):
    """The composition of K ``Planar`` layers f_k(z) = z + û_k tanh(w_kᵀz + b_k), computed faster.

    Parametrisation and initialisation are those of ``Planar``: w_kᵀû_k > −1, and a new stack is
    the identity.

    Formula:
        log|det J_f(z)| = Σ_k log(h_k² + (1 + c_k) sech²a_k),
        with h_k = tanh a_k, a_k = w_kᵀz_{k−1} + b_k, z_0 = z and c_k = w_kᵀû_k.

    Args:
        d: the dimension.
        layers: K, the number of layers.
        generator: the source of randomness for the w_k ~ N(0, I/d).

    Attributes:
        W, V: the w_k and the free v_k, a layer in each row, shape (K, d).  b: shape (K,).
        U: the constrained û_k, shape (K, d).

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015,
        equations 10 to 13; the triangular form is ours.
    """

    d: int

    def __init__(self, d: int, layers: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_dimension("PlanarStack: d", d)
        check_dimension("PlanarStack: layers", layers)
        self.d = d
        self.W = nn.Parameter(torch.randn(layers, d, generator=generator) / math.sqrt(d))
        self.V = nn.Parameter(torch.zeros(layers, d))
        self.b = nn.Parameter(torch.zeros(layers))

    def layers(self) -> list[Planar]:
        """The K layers one by one, first to last, with copies of the parameters."""
        layers = [Planar(self.d, torch.Generator()).to(self.W) for _ in self.W]
        for f, w, v, b in zip(layers, self.W, self.V, self.b, strict=True):
            for own, value in ((f.w, w), (f.v, v), (f.b, b)):
                own.data.copy_(value.detach())
        return layers

    @property
    def U(self) -> Tensor:
        """The constrained û_k, shape (K, d)."""
        return constrained_u(self.W, self.V)[0]

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        U, one_plus_c = constrained_u(self.W, self.V)
        Z = z.reshape(-1, self.d)
        with full_precision(z):
            A = torch.addmm(self.b[:, None], self.W, Z.T)
            H, log_abs_det = _substitute(A, self.W @ U.T, one_plus_c)
            X = torch.addmm(Z, H.T, U)
        return X.reshape(z.shape), log_abs_det.reshape(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        U, one_plus_c = constrained_u(self.W, self.V)
        X = x.reshape(-1, self.d)
        with full_precision(x):
            S = torch.addmm(self.b[:, None], self.W, X.T)
            A = back_substitution(S, self.W @ U.T, one_plus_c)
            H, slope = tanh_and_slope(A, one_plus_c[:, None])
            Z = torch.addmm(X, H.T, U, alpha=-1)
        return Z.reshape(x.shape), -slope.log().sum(0).reshape(x.shape[:-1])

    def extra_repr(self) -> str:
        return f"d={self.d}, layers={len(self.W)}"


def _forward_substitution(A: Tensor, G: Tensor, one_plus_c: Tensor) -> tuple[Tensor, ...]:
    """The h_k = tanh a_k with a_k = A_k + Σ_{j<k} G_kj h_j, from k = 1 to K, and Σ_k log|slope|.

    Args:
        A: shape (K, B), a column for each point.
        G: shape (K, K); only what is below the diagonal is read.
        one_plus_c: 1 + c_k > 0, shape (K,).

    Returns:
        H of shape (K, B) and the sum of shape (B,).
    """
    solved = []
    for k in range(len(G)):
        solved.append(A[0])
        A = torch.addcmul(A[1:], G[k + 1 :, k, None], A[0].tanh())
    H, slope = tanh_and_slope(torch.stack(solved), one_plus_c[:, None])
    return H, slope.log().sum(0)


def _forward_substitution_in_place(A: Tensor, G: Tensor, one_plus_c: Tensor) -> tuple[Tensor, ...]:
    """The same, in blocks of layers, followed by sech²a_k and the slopes, for the gradient."""
    G4 = 4 * G.tril(-1)  # with p = σ(2a), h = 2p − 1: 2a_k = 2A_k − 2 Σ_j G_kj + 4 Σ_j G_kj p_j
    a2, p = torch.add(G4.sum(1, keepdim=True) / -2, A, alpha=2), torch.empty_like(A)
    for start in range(0, len(G), BLOCK):
        block = slice(start, start + BLOCK)
        ahead = a2[block].addmm_(G4[block, :start], p[:start])
        to_block = G4.T[block, block, None].unbind()  # zeros for the layers already solved
        for a2_k, p_k, from_k in zip(ahead.unbind(), p[block].unbind(), to_block, strict=True):
            torch.sigmoid(a2_k, out=p_k)
            ahead.addcmul_(from_k, p_k)
    y = torch.abs(a2, out=p).neg_()
    q = torch.sigmoid(y)
    r = 1 - q
    H = torch.expm1(y, out=y).mul_(r).copysign_(a2)  # |tanh a| = −expm1(−2|a|) σ(2|a|)
    sech2 = q.mul_(r).mul_(4)
    slope = torch.square(H, out=r).addcmul_(one_plus_c[:, None], sech2)
    return H, torch.log(slope, out=a2).sum(0), sech2, slope


def _gradient_in_place(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The cotangents Ā, Ḡ and c̄, from those of H and of the sum of the logarithms, h̄ and l̄.

    With s_k = sech²a_k and g_k the slope, the transposed system is, from k = K to 1,
        Ā_k = s_k (h̄_k + Σ_{i>k} G_ik Ā_i) + l̄ ∂log g_k/∂a_k,   ∂g_k/∂a_k = −2c_k h_k s_k;
    then Ḡ_kj = Ā_kᵀh_j for j < k, and c̄_k = l̄ᵀ(s_k/g_k).
    """
    A, G, one_plus_c, H, _, sech2, slope, grad_H, grad_log = tensors
    by_c = torch.div(sech2, slope).mul_(grad_log)
    grad_c = by_c.sum(1)
    grad_A = by_c.mul_(H).mul_(2 * (1 - one_plus_c)[:, None])
    grad_h = grad_H.clone(memory_format=torch.contiguous_format)
    L = G.tril(-1)
    for start in reversed(range(0, len(G), BLOCK)):
        block, after = slice(start, start + BLOCK), slice(start + BLOCK, None)
        behind = grad_h[block].addmm_(L[after, block].T, grad_A[after])
        parts = (grad_A[block], sech2[block], behind, L[block, block, None])
        for grad_A_k, sech2_k, grad_h_k, to_block in reversed(
            [*zip(*(part.unbind() for part in parts), strict=True)]
        ):
            grad_A_k.addcmul_(sech2_k, grad_h_k)
            behind.addcmul_(to_block, grad_A_k)
    with full_precision(A):
        return grad_A, (grad_A @ H.T).tril_(-1), grad_c


_substitute = in_place(
    _forward_substitution, _forward_substitution_in_place, _gradient_in_place, kept=2
)

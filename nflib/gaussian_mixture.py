"""The mixture of normal laws, a base with several bumps."""

import math

import torch
from torch import Tensor, nn

from nflib.densities import BaseDensity, Generator
from nflib.validation import check_finite


class GaussianMixture(BaseDensity):
    """K normal laws, the k-th with probability π_k: Σ_k π_k N(μ_k, diag σ_k²), all learnable.

    Formula: log p_Z(z) = log Σ_k exp(log π_k + log N(z; μ_k, diag σ_k²)), by logsumexp.
    Samples are differentiable in μ and σ only, since a jump from one law to another has no
    derivative: the weights learn from data, through ``log_prob``, and not by reverse KL.

    Args:
        loc, scale: μ and σ > 0, shape (K, d). Copies of μ and log σ become parameters;
            ``requires_grad_(False)`` holds them still.
        weights: π up to a factor, positive, shape (K,); ``None`` makes them equal.

    Source: Bishop, Pattern Recognition and Machine Learning, 2006, equation 2.188.
    """

    has_rsample = False

    def __init__(self, loc: Tensor, scale: Tensor, weights: Tensor | None = None) -> None:
        super().__init__()
        check_finite("GaussianMixture: loc", loc)
        if loc.ndim != 2 or loc.numel() == 0:
            raise ValueError(f"GaussianMixture: loc: expected shape (K, d), got {tuple(loc.shape)}")
        weights = torch.ones_like(loc[:, 0]) if weights is None else weights
        for key, value, like in (("scale", scale, loc), ("weights", weights, loc[:, 0])):
            name = f"GaussianMixture: {key}"
            check_finite(name, value, like)
            if not value.is_meta and not bool((value > 0).all()):
                raise ValueError(f"{name}: expected positive values, got {value.tolist()}")
        self.d = loc.shape[1]
        self.loc = nn.Parameter(loc.detach().clone())
        self.log_scale = nn.Parameter(scale.detach().log())
        self.log_weights = nn.Parameter(weights.detach().log())  # up to a constant

    def _log_prob(self, z: Tensor) -> Tensor:
        e = (z[..., None, :] - self.loc) * (-self.log_scale).exp()
        far = math.sqrt(torch.finfo(e.dtype).max / (4 * self.d))
        e = e.clamp(-far, far)  # a square that overflows has no gradient
        each = -(0.5 * e * e + self.log_scale).sum(-1) - 0.5 * self.d * math.log(2 * math.pi)
        return (self.log_weights.log_softmax(-1) + each).logsumexp(-1)

    def _sample(self, shape: tuple[int, ...], generator: Generator) -> Tensor:
        size, like = (*shape, len(self.loc)), self.loc
        uniform = torch.rand(size, generator=generator, dtype=like.dtype, device=like.device)
        gumbel = -(-uniform.log()).log()  # the largest log π_k + gumbel_k is the k-th: π_k
        k = (self.log_weights.detach() + gumbel).argmax(-1)
        return self.loc[k] + self.log_scale[k].exp() * self._noise(torch.randn, shape, generator)

    def extra_repr(self) -> str:
        return f"K={len(self.loc)}, d={self.d}"

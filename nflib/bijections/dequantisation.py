"""Grey levels: from the integers of an image to R^d and back, and likelihoods in bits."""

import math

import torch
from torch import Tensor

from nflib.bijections.bijection import Composition
from nflib.bijections.elementwise import Affine, Sigmoid
from nflib.validation import check_dimension


def dequantise(v: Tensor, levels: int, generator: torch.Generator | None = None) -> Tensor:
    """Add uniform noise to make integers a continuous variable: y = (v + u)/Q, u ~ U(0, 1).

    A density on integers has no bounded likelihood; that of y has, for by Jensen's inequality
        log P(v) = log ∫_{[0,1)^d} p_Y((v + u)/Q) Q^{−d} du ≥ E_u log p_Y(y) − d log Q,
    so that the likelihood of y is a lower bound of that of the discrete image v; see
    ``bits_per_dim``.

    Args:
        v: any shape, integers from 0 to Q − 1, of an integer or floating dtype.
        levels: Q, the number of grey levels, which the dtype can tell apart.
        generator: the source of randomness; ``None`` is torch's global one.

    Returns:
        y in (0, 1), the shape of v; its dtype if that is floating, else torch's default. u keeps
        a few roundings away from 0 and 1, so that ``quantise(y, Q)`` is v.

    Source: Theis, van den Oord and Bethge, A Note on the Evaluation of Generative Models,
        ICLR 2016, section 3.1.
    """
    Q = levels
    check_dimension("dequantise: levels", Q)
    if not isinstance(v, Tensor):
        raise TypeError(f"dequantise: v: expected a tensor, got {type(v).__name__}")
    v = v if v.is_floating_point() else v.to(torch.get_default_dtype())
    epsilon = torch.finfo(v.dtype).eps
    if Q * epsilon > 1 / 64:
        raise ValueError(f"dequantise: levels: {v.dtype} has too few digits for {Q} levels")
    if not v.is_meta and not bool(((v >= 0) & (v < Q) & (v == v.floor())).all()):
        raise ValueError(f"dequantise: v: expected integers from 0 to {Q - 1}")
    margin = 2 * epsilon * (v + 1)
    u = torch.rand(v.shape, generator=generator, dtype=v.dtype, device=v.device)
    return (v + torch.minimum(torch.maximum(u, margin), 1 - margin)) / Q


def quantise(y: Tensor, levels: int) -> Tensor:
    """The level of each pixel, v = ⌊Q y⌋ as int64, cut to 0, …, Q − 1; it undoes ``dequantise``.

    Args:
        y: any shape, floating; as samples of a flow, which may leave [0, 1).
        levels: Q.
    """
    return (levels * y).floor().clamp(0, levels - 1).long()


def seen_levels(y: Tensor, levels: int) -> Tensor:
    """What a network sees of y in [0, 1] as levels: 2v/(Q − 1) − 1 and whether v = 0, by turns.

    Of shape (*batch, 2d) for y of shape (*batch, d), v = ``quantise(y, Q)``: nothing of the noise.
    """
    v = quantise(y, levels).to(y.dtype)
    return torch.stack([v * (2 / max(levels - 1, 1)) - 1, (v == 0).to(y.dtype)], -1).flatten(-2)


def bits_per_dim(log_prob: Tensor, d: int, levels: int) -> Tensor:
    """The cost −log₂ P(v)/d in bits per dimension, from the log-density in nats of y = (v + u)/Q.

    Formula: −(log p_Y(y) − d log Q)/(d log 2) = log₂ Q − log p_Y(y)/(d log 2). In expectation
    over u it is an upper bound of the bits that the discrete image costs (see ``dequantise``).
    The uniform law on [0, 1]^d, log p_Y = 0, gives log₂ Q.

    Args:
        log_prob: log p_Y(y), any shape, for y scaled to [0, 1) as ``dequantise`` does.
        d: the number of coordinates of an image, all its channels counted.
        levels: Q.

    Source: Theis et al. (2016), section 3.1; Papamakarios et al., Masked Autoregressive Flow,
        NeurIPS 2017, appendix E.2.
    """
    check_dimension("bits_per_dim: d", d)
    check_dimension("bits_per_dim: levels", levels)
    return math.log2(levels) - log_prob / (d * math.log(2))


class LogitPreprocessing(Composition):
    """The inverse of z = logit(α + (1 − 2α)x), from R^d to the cube, as a flow's last bijection.

    Formula: x = (σ(z) − α)/(1 − 2α), with log|det J_{f⁻¹}(x)| =
        Σ_i [log(1 − 2α) − log s_i − log(1 − s_i)],  s = α + (1 − 2α)x.
    α > 0 keeps z bounded on [0, 1]. In exchange, the flow also has mass at x a little
    outside, in (−α/(1 − 2α), (1 − α)/(1 − 2α)), which lowers the likelihood of images.

    Args:
        alpha: α, in [0, ½).

    Source: Dinh et al., Density estimation using Real NVP, ICLR 2017, section 4.1; with 1 − 2α,
        symmetric in black and white, as Papamakarios et al. (2017), appendix E.2.
    """

    def __init__(self, alpha: float = 0.01) -> None:
        if not 0 <= alpha < 0.5:
            raise ValueError(f"LogitPreprocessing: alpha: expected 0 ≤ α < ½, got {alpha}")
        width = 1 - 2 * alpha
        super().__init__(Sigmoid(), Affine(-alpha / width, 1 / width))

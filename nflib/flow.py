"""A flow: a base density carried by a bijection, x = f(z) with z ~ p_Z.

    log p_X(x) = log p_Z(f⁻¹(x)) + log|det J_{f⁻¹}(x)|

If a bijection is conditional, the flow is the law p_X(x | c) given a context c.
A flow caches nothing between calls, and sets no global seed, dtype or device.
"""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from nflib.bijections.bijection import Bijection, Composition
from nflib.densities import BaseDensity, Generator, Shape
from nflib.torch_base import TorchBase
from nflib.validation import check_context, check_points, first_tensor


class Flow(nn.Module):
    """The law of x = f_K(… f_1(z)), z ~ base: ``Flow(base, f_1, …, f_K)``.

    Points outside the support have log-density −∞. If the base, by mistake, has mass where f is
    not defined, the samples that fall there are NaN.

    Args:
        base: the density p_Z; or a law of ``torch.distributions``; or another Flow, whose base and
            bijections come first, shared and not copied. If that one is conditional, so is the
            base: N(m(c), diag σ²(c)) is ``Flow(StandardNormal(d), Conditional(ActNorm(d), k))``.
        bijections: f_1, …, f_K in the order in which they act, of the base's dimension and of one
            size of context; none is the identity.

    Attributes:
        base: p_Z.  bijection: f, a Composition.  d: the dimension of the points.
        context_size: the dimension of the context; ``None`` if no bijection takes one.

    Source: Papamakarios et al. (2021), equations 1 to 6.
    """

    base: BaseDensity
    bijection: Composition

    def __init__(self, base: "BaseDensity | Flow | Distribution", *bijections: Bijection) -> None:
        super().__init__()
        if isinstance(base, Distribution):
            base = TorchBase(base, "Flow: base")
        if isinstance(base, BaseDensity):
            self.base, self.bijection = base, Composition(*bijections)
        elif isinstance(base, Flow):
            self.base = base.base
            self.bijection = Composition(*base.bijection.bijections, *bijections)
        else:
            expected = "a BaseDensity, as StandardNormal(d), a Flow or a law of torch"
            raise TypeError(f"Flow: base: expected {expected}, got {type(base).__name__}")
        self.d, self.context_size = self.base.d, self.bijection.context_size
        if self.bijection.d not in (None, self.d):
            got = self.bijection.d
            raise ValueError(f"Flow: bijections: expected d = {self.d}, that of base, got {got}")

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """The log-density of x: ``flow(x)`` is ``flow.log_prob(x)``, for training loops."""
        return self.log_prob(x, context)

    def log_prob(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """The log-density log p_X(x) = log p_Z(f⁻¹(x)) + log|det J_{f⁻¹}(x)|, shape (*batch,).

        In nats; −∞ outside the support.

        Args:
            x: points, shape (*batch, d), of the flow's dtype and on its device.
            context: for the conditional density p_X(x | c), shape (*batch, context_size), or a
                batch that broadcasts to that of x; ``None`` for a flow without.
        """
        z, log_abs_det = self._inverse("log_prob", x, context)
        return self.base.log_prob(z) + log_abs_det

    @torch.no_grad()
    def sample(
        self, shape: Shape = (), generator: Generator = None, context: Tensor | None = None
    ) -> Tensor:
        """Sample independent points x = f(z), z ~ p_Z, shape (*shape, d), without gradient.

        Args:
            shape: how many, an int n for (n,), or a shape; ``()`` is one point.
            generator: the source of randomness; ``None`` is torch's global one.
            context: shape (*batch, context_size) with a batch that broadcasts to ``shape``: one
                context for all, (context_size,), or one for each, (*shape, context_size). With m
                contexts, (m, context_size), ``shape`` (n, m) is n points for each.
        """
        return self.sample_with_log_prob(shape, generator, context)[0]

    def sample_with_log_prob(
        self, shape: Shape = (), generator: Generator = None, context: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Sample points, (*shape, d), with log-densities, (*shape,), both with gradient.

        Formula: x = f(z), log p_X(x) = log p_Z(z) − log|det J_f(z)|, in one pass, not inverting f.

        Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015,
            equation 7.
        """
        z = self.base.sample(shape, generator)
        x, log_abs_det = self._forward("sample", z, context)
        log_prob = self.base.log_prob(z) - log_abs_det
        undefined = log_abs_det == -math.inf
        x = torch.where(undefined[..., None], math.nan, x)
        return x, torch.where(undefined, math.nan, log_prob)

    def from_latent(self, z: Tensor, context: Tensor | None = None) -> Tensor:
        """The image x = f(z), shapes (*batch, d); NaN where f is not defined."""
        x, log_abs_det = self._forward("from_latent", z, context)
        return torch.where((log_abs_det == -math.inf)[..., None], math.nan, x)

    def to_latent(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """The latent point z = f⁻¹(x), shapes (*batch, d); NaN where x is not an image under f."""
        z, log_abs_det = self._inverse("to_latent", x, context)
        return torch.where((log_abs_det == -math.inf)[..., None], math.nan, z)

    def _forward(self, method: str, z: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        check_points(f"Flow.{method}: z", z, self.d, first_tensor(self.base))
        check_context(f"Flow.{method}: context", context, self.context_size, z)
        return self.bijection.forward(z, context)

    def _inverse(self, method: str, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        check_points(f"Flow.{method}: x", x, self.d, first_tensor(self.base))
        check_context(f"Flow.{method}: context", context, self.context_size, x)
        return self.bijection.inverse(x, context)

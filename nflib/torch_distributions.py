"""The bridge to ``torch.distributions``: a bijection as a Transform, a flow as a Distribution.

The objects made here work in TransformedDistribution, ComposeTransform, Pyro and GPyTorch.
Points are events: ``event_dim`` is 1, and log|det| and log-densities have the batch's shape.
"""

import math
import sys

import torch
from torch import Tensor, nn
from torch.distributions import Transform, constraints

from nflib.bijections.bijection import Bijection, check_bijection
from nflib.flow import Flow
from nflib.flow_distribution import FlowDistribution
from nflib.supports import FiniteSet, image, restricted


def as_transform(bijection: Bijection, context: Tensor | None = None) -> Transform:
    """The same map as a ``torch.distributions.Transform``: x = t(z), z = t.inv(x).

    Its parameters are those of ``bijection``, not copies. Nothing is cached: see ``with_cache``.

    Args:
        bijection: f, from z to x.
        context: for a conditional bijection, the context of all its points.

    Returns:
        a bijective Transform with ``domain`` and ``codomain`` of event_dim 1. At an x that is
        no image its log|det| is +∞, so that a TransformedDistribution has log-density −∞.
    """
    check_bijection("as_transform: bijection", bijection)
    return BijectionTransform(bijection, context)


def as_distribution(
    flow: Flow, context: Tensor | None = None, validate_args: bool | None = None
) -> FlowDistribution:
    """The same law as a ``torch.distributions`` object with event shape (d,).

    Once Pyro has been imported it is a distribution of Pyro too, which ``pyro.sample`` takes.

    Args:
        flow: its parameters are used, not copied.
        context: for a conditional flow, shape (*batch_shape, context_size).
        validate_args: whether ``log_prob`` refuses points outside the support, as torch's own
            laws do (this waits for a GPU); if not, they get −∞. ``None``: torch's default.
    """
    if not isinstance(flow, Flow):
        raise TypeError(f"as_distribution: flow: expected a Flow, got {flow!r}")
    law = FlowDistribution
    if "pyro" in sys.modules:
        from nflib.pyro_distribution import PyroFlowDistribution as law
    return law(flow, context, validate_args)


class BijectionTransform(Transform, nn.Module):
    """The Transform of a bijection, made by ``as_transform``. The names are torch's: y = f(x).

    It is a Module too, with the parameters of the bijection: what trains a law that it is a part
    of, as a guide of Pyro, finds them.
    """

    bijective = True

    def __init__(self, bijection: Bijection, context: Tensor | None = None) -> None:
        nn.Module.__init__(self)
        Transform.__init__(self)
        self.bijection = bijection
        self.context = context

    @property
    def domain(self) -> constraints.Constraint:
        known = image(self.bijection, inverse=True)
        return known or FiniteSet(lambda z: self.bijection.forward(z, self.context)[1])

    @property
    def codomain(self) -> constraints.Constraint:
        known = image(self.bijection)
        return known or FiniteSet(lambda x: self.bijection.inverse(x, self.context)[1])

    def _call(self, x: Tensor) -> Tensor:
        return self.bijection.forward(x, self.context)[0]

    def _inverse(self, y: Tensor) -> Tensor:
        return self.bijection.inverse(y, self.context)[0]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The log|det J_f(x)|; +∞ where y is no image, so x is a stand-in and y ≠ f(x)."""
        image, log_abs_det = self.bijection.forward(x, self.context)
        if not restricted(self.bijection):
            return log_abs_det
        no_image = self.bijection.inverse(y, self.context)[1] == -math.inf
        return torch.where(no_image & (image != y).any(-1), math.inf, log_abs_det)

    def with_cache(self, cache_size: int = 1) -> "BijectionTransform":
        """The same transform: with torch's cache, a sample's log-density has a wrong gradient."""
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BijectionTransform):
            return False
        return self.bijection is other.bijection and self.context is other.context

    def __hash__(self) -> int:
        return hash((id(self.bijection), id(self.context)))

    def __repr__(self) -> str:
        return f"as_transform({self.bijection!r})"

"""The bridge to ``torch.distributions``: a bijection as a Transform, a flow as a Distribution.

The objects made here work in TransformedDistribution, ComposeTransform, Pyro and GPyTorch.
Points are events: ``event_dim`` is 1, and log|det| and log-densities have the batch's shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Transform, constraints

from nflib.bijections.bijection import Bijection, Composition, Inverse
from nflib.bijections.elementwise import Elementwise, Exp, Sigmoid, Softplus, Tanh
from nflib.flow import Flow

POSITIVE = constraints.independent(constraints.positive, 1)
UNIT = constraints.independent(constraints.unit_interval, 1)
IMAGES: dict[type[Bijection], constraints.Constraint] = {
    Exp: POSITIVE,
    Softplus: POSITIVE,
    Sigmoid: UNIT,
    Tanh: constraints.independent(constraints.interval(-1.0, 1.0), 1),
}


def as_transform(bijection: Bijection, context: Tensor | None = None) -> Transform:
    """The same map as a ``torch.distributions.Transform``: x = t(z), z = t.inv(x).

    Its parameters are those of ``bijection``, not copies, and nothing is cached.
    ``.with_cache()`` adds torch's cache, which goes stale when the parameters change.

    Args:
        bijection: f, from z to x.
        context: for a conditional bijection, the context of all its points.

    Returns:
        a bijective Transform with ``domain`` and ``codomain`` of event_dim 1. At an x that is
        no image its log|det| is +∞, so that a TransformedDistribution has log-density −∞.

    Raises:
        TypeError: if ``bijection`` is not a Bijection.
    """
    if not isinstance(bijection, Bijection):
        raise TypeError(f"as_transform: bijection: expected a Bijection, got {bijection!r}")
    return BijectionTransform(bijection, context)


def as_distribution(
    flow: Flow, context: Tensor | None = None, validate_args: bool | None = None
) -> FlowDistribution:
    """The same law as a ``torch.distributions`` object with event shape (d,).

    Args:
        flow: its parameters are used, not copied.
        context: for a conditional flow, shape (*batch_shape, context_size).
        validate_args: whether ``log_prob`` refuses points outside the support, as torch's own
            laws do (this waits for a GPU); if not, they get −∞. ``None``: torch's default.

    Raises:
        TypeError: if ``flow`` is not a Flow.
    """
    if not isinstance(flow, Flow):
        raise TypeError(f"as_distribution: flow: expected a Flow, got {flow!r}")
    return FlowDistribution(flow, context, validate_args)


class BijectionTransform(Transform, nn.Module):
    """The Transform of a bijection, made by ``as_transform``. The names are torch's: y = f(x).

    It is a Module too, with the parameters of the bijection: what trains a law that it is a part
    of, as a guide of Pyro, finds them.
    """

    bijective = True

    def __init__(
        self, bijection: Bijection, context: Tensor | None = None, cache_size: int = 0
    ) -> None:
        nn.Module.__init__(self)
        Transform.__init__(self, cache_size=cache_size)
        self.bijection = bijection
        self.context = context

    @property
    def domain(self) -> constraints.Constraint:
        return _domain_and_codomain(self.bijection, self.context)[0]

    @property
    def codomain(self) -> constraints.Constraint:
        return _domain_and_codomain(self.bijection, self.context)[1]

    def _call(self, x: Tensor) -> Tensor:
        return self.bijection.forward(x, self.context)[0]

    def _inverse(self, y: Tensor) -> Tensor:
        return self.bijection.inverse(y, self.context)[0]

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """The log|det J_f(x)|; +∞ where y is no image, so x is a stand-in and y ≠ f(x)."""
        image, log_abs_det = self.bijection.forward(x, self.context)
        if self.codomain is constraints.real_vector:
            return log_abs_det
        no_image = self.bijection.inverse(y, self.context)[1] == -math.inf
        return torch.where(no_image & (image != y).any(-1), math.inf, log_abs_det)

    def with_cache(self, cache_size: int = 1) -> BijectionTransform:
        if cache_size == self._cache_size:
            return self
        return BijectionTransform(self.bijection, self.context, cache_size)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BijectionTransform):
            return False
        return self.bijection is other.bijection and self.context is other.context

    def __hash__(self) -> int:
        return hash((id(self.bijection), id(self.context)))

    def __repr__(self) -> str:
        return f"as_transform({self.bijection!r})"


class FlowDistribution(Distribution):
    """The Distribution of a flow, made by ``as_distribution``.

    ``sample``, ``rsample`` and ``log_prob`` are the flow's, in one pass each. torch's interface
    has no ``generator``: samples come from the global one; ``flow.sample`` takes one.

    Pyro needs methods of its own in a distribution (not in a Transform), which its mixin adds:
        class PyroFlow(FlowDistribution, pyro.distributions.torch_distribution.TorchDistributionMixin):
            pass
    """

    arg_constraints: dict = {}  # noqa: RUF012 (torch's own name and form)

    def __init__(
        self, flow: Flow, context: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        self.flow, self.context = flow, context
        batch_shape = torch.Size() if context is None else context.shape[:-1]
        super().__init__(batch_shape, torch.Size((flow.d,)), validate_args)

    @property
    def has_rsample(self) -> bool:
        return self.flow.base.has_rsample

    @property
    def support(self) -> constraints.Constraint:
        """The support: real_vector or a product of intervals if known, else {log p_X > −∞}."""
        base = self.flow.base.support
        domain, codomain = _domain_and_codomain(self.flow.bijection, self.context)
        if base is domain:
            return codomain
        if base is not None and len(self.flow.bijection.bijections) == 0:
            return base
        return _FiniteSet(lambda x: self.flow.log_prob(x, self.context))

    def rsample(self, sample_shape: torch.Size | tuple[int, ...] = ()) -> Tensor:
        """Draw points x = f(z), shape (*sample_shape, *batch_shape, d), with gradient.

        Raises:
            NotImplementedError: if the base's samples do not carry the whole gradient.
        """
        if not self.has_rsample:
            base = type(self.flow.base).__name__
            raise NotImplementedError(f"FlowDistribution.rsample: {base} is not reparametrised")
        return self._draw(sample_shape)

    @torch.no_grad()
    def sample(self, sample_shape: torch.Size | tuple[int, ...] = ()) -> Tensor:
        return self._draw(sample_shape)

    def _draw(self, sample_shape: torch.Size | tuple[int, ...]) -> Tensor:
        shape = self._extended_shape(sample_shape)[:-1]
        return self.flow.sample_with_log_prob(shape, context=self.context)[0]

    def log_prob(self, value: Tensor) -> Tensor:
        """The log-density of value in nats, of its batch broadcast with batch_shape."""
        batch = torch.broadcast_shapes(value.shape[:-1], self.batch_shape)
        log_prob = self.flow.log_prob(value.expand(*batch, value.shape[-1]), self.context)
        if self._validate_args and not bool((log_prob > -math.inf).all()):
            raise ValueError(
                "FlowDistribution.log_prob: value: expected points of the support, got some of "
                "density zero or NaN; validate_args=False gives them −∞ or NaN"
            )
        return log_prob

    def expand(
        self, batch_shape: torch.Size | tuple[int, ...], _instance: Distribution | None = None
    ) -> FlowDistribution:
        """The same law with more batch dimensions, which are independent."""
        new = self._get_checked_instance(FlowDistribution, _instance)
        new.flow, new.context = self.flow, self.context
        Distribution.__init__(new, torch.Size(batch_shape), self.event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def __repr__(self) -> str:
        return f"FlowDistribution(d={self.flow.d}, batch_shape={tuple(self.batch_shape)})"


class _FiniteSet(constraints.Constraint):
    """The set where a function, as a log-density, is neither −∞ nor NaN."""

    event_dim = 1

    def __init__(self, log: Callable[[Tensor], Tensor]) -> None:
        self.log = log
        super().__init__()

    def check(self, value: Tensor) -> Tensor:
        return self.log(value) > -math.inf


def _domain_and_codomain(
    f: Bijection, context: Tensor | None
) -> tuple[constraints.Constraint, constraints.Constraint]:
    """The sets that f maps from and onto: torch's constraints if known, else by f's log|det|."""
    named = _known_sets(f)
    if named is not None:
        return named
    return (
        _FiniteSet(lambda z: f.forward(z, context)[1]),
        _FiniteSet(lambda x: f.inverse(x, context)[1]),
    )


def _known_sets(f: Bijection) -> tuple[constraints.Constraint, constraints.Constraint] | None:
    if type(f) in IMAGES:
        return constraints.real_vector, IMAGES[type(f)]
    if not any(_has_restricted_image(part) for part in f.modules()):
        return constraints.real_vector, constraints.real_vector
    if isinstance(f, Inverse):
        named = _known_sets(f.bijection)
        return None if named is None else named[::-1]
    if isinstance(f, Composition):
        named_parts = [_known_sets(part) for part in f.bijections]
        parts = [named for named in named_parts if named is not None]
        if len(parts) == len(named_parts) and all(a[1] is b[0] for a, b in pairwise(parts)):
            return parts[0][0], parts[-1][1]
    return None


def _has_restricted_image(part: nn.Module) -> bool:
    return isinstance(part, Elementwise) and part.restricted

"""The law of a flow as a ``torch.distributions`` object."""

import math

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from nflib.flow import Flow
from nflib.supports import FiniteSet, image


class FlowDistribution(Distribution):
    """The Distribution of a flow, made by ``as_distribution``.

    ``sample``, ``rsample`` and ``log_prob`` are the flow's, in one pass each. torch's interface
    has no ``generator``: samples come from the global one; ``flow.sample`` takes one.
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
        if base is not None and len(self.flow.bijection.bijections) == 0:
            return base
        known = None if base is None else image(self.flow.bijection, base)
        return known or FiniteSet(lambda x: self.flow.log_prob(x, self.context))

    def rsample(self, sample_shape: torch.Size | tuple[int, ...] = ()) -> Tensor:
        """Draw points, shape (*sample_shape, *batch_shape, d), with gradient if the base has it."""
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
    ) -> "FlowDistribution":
        """The same law with more batch dimensions, which are independent."""
        new = self._get_checked_instance(FlowDistribution, _instance)
        new.flow, new.context = self.flow, self.context
        Distribution.__init__(new, torch.Size(batch_shape), self.event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def __repr__(self) -> str:
        return f"FlowDistribution(d={self.flow.d}, batch_shape={tuple(self.batch_shape)})"

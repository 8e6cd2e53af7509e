"""The networks of autoregressive bijections: what ``MADE`` and ``CausalTransformer`` have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn

LineMap = Callable[..., tuple[Tensor, Tensor]]


class Conditioner(nn.Module, ABC):
    """A network whose θ_i, the parameters of the map of x_i, depends on x_1, …, x_{i−1} only.

    Attributes:
        d: the dimension of x.  n_params: how many numbers θ_i has.
        context_size: the dimension of the context; ``None`` if it takes none.
        circular: bool, shape (d,), which x_i are angles; ``None`` if none is.
    """

    d: int
    n_params: int
    context_size: int | None
    circular: Tensor | None

    @abstractmethod
    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """Map x, shape (*batch, d), and (*batch, context_size) to θ, shape (*batch, d, n_params)."""

    @abstractmethod
    def solve(self, f: LineMap, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The x with x_i = f(z_i; θ_i(x_1, …, x_{i−1})) for all i, at the cost of about one pass.

        Args:
            f: (z, θ) ↦ x and log dx/dz, elementwise on shapes (*shape) and (*shape, n_params); the
                points of a batch are along the last axis of ``shape``.
            z: shape (*batch, d).
            context: shape (*batch, context_size).

        Returns:
            x, shape (*batch, d), and the sum of the log slopes, (*batch,), differentiable.
        """

    @abstractmethod
    def start_at(self, theta: Tensor) -> None:
        """Make a new network, whose last layer is zero, give this θ_i to each i, shape (n_params,)."""

"""The networks of autoregressive bijections: what ``MADE`` and ``CausalTransformer`` have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

LineMap = Callable[..., tuple[Tensor, Tensor]]


class Before(NamedTuple):
    """What a network keeps of the coordinates before those at hand."""

    seen: Tensor
    more: Any
    cost: int = 0  # how many coordinates the last sweep was a pass over


class Conditioner(nn.Module, ABC):
    """A network whose θ_i, the parameters of the map of x_i, depends on x_1, …, x_{i−1} only.

    Attributes:
        d: the dimension of x.  n_params: how many numbers θ_i has.
        context_size: the dimension of the context; ``None`` if it takes none.
        token: how many coordinates ``sweep`` can solve at once.
        levels: Q, if all it sees of x in [0, 1] is a grey level.
        circular: bool, shape (d,), which x_i are angles; ``None`` if none is.
    """

    d: int
    n_params: int
    context_size: int | None
    token: int = 1
    levels: int | None = None
    circular: Tensor | None

    @abstractmethod
    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        """Map x, shape (*batch, d), and (*batch, context_size) to θ, shape (*batch, d, n_params)."""

    @abstractmethod
    def solve(self, f: LineMap, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The x with x_i = f(z_i; θ_i(x_1, …, x_{i−1})) for all i, at the cost of one pass.

        Args:
            f: (z, θ) ↦ x and log dx/dz, elementwise on (n, m) and (n, m, n_params), for n
                coordinates of m points; if there are angles, it is called with (z, θ, circular).
            z, context: shape (*batch, d) and (*batch, context_size).

        Returns:
            x, shape (*batch, d), and the sum of the log slopes, (*batch,), differentiable.
        """

    def start_at(self, theta: Tensor) -> None:
        """Make a new network, whose last layer is zero, give each i this θ_i, shape (n_params,)."""
        raise NotImplementedError

    def begin(self, z: Tensor, context: Tensor | None, cache: bool = True) -> Before:
        """What is known before the first coordinate; with ``cache``, no unit is computed twice."""
        return Before(z[..., :0], context)

    def sweep(
        self, f: LineMap, z: Tensor, x: Tensor, before: Before, exact: bool = False
    ) -> tuple[Tensor, Tensor, Before]:
        """Replace the next n coordinates x_i by f(z_i; θ_i(x)), all of them at once.

        Args:
            f: as in ``solve``.  z, x: the latent and the present ones, shape (*batch, n).
            exact: solve each token, given the present ones before it.

        Returns:
            the new x, the sum of the log slopes, and what to keep once x is right.
        """
        known = torch.cat([before.seen, x], -1)
        at = slice(known.shape[-1] - x.shape[-1], known.shape[-1])
        rest = known.new_zeros(*x.shape[:-1], self.d - at.stop)
        theta = self(torch.cat([known, rest], -1), before.more)[..., at, :]
        circular = () if self.circular is None else (self.circular[at, None],)
        x, log_slope = in_columns(f, z, theta, *circular)
        return x, log_slope, Before(torch.cat([before.seen, x], -1), before.more, self.d)


def in_columns(f: LineMap, z: Tensor, theta: Tensor, *rows: Tensor) -> tuple[Tensor, Tensor]:
    """f at points (*batch, n), called as ``solve`` calls it, and the sum of its log slopes."""
    n = z.shape[-1]
    columns = theta.reshape(-1, *theta.shape[-2:]).transpose(0, 1)
    x, log_slope = f(z.reshape(-1, n).T, columns, *rows)
    return x.T.reshape(z.shape), log_slope.sum(0).reshape(z.shape[:-1])

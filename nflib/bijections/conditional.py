"""Any bijection with parameters made conditional: a network moves them as the context asks."""

from typing import Any

from torch import Generator, Tensor, nn
from torch.func import functional_call, vmap

from nflib.bijections.bijection import Bijection, Inverse, check_bijection
from nflib.networks import MLP, Activation
from nflib.validation import check_dimension


class Conditional(Bijection):
    """The bijection x = f(z; θ + N(c)), where N is a network and θ are the parameters of f.

    f is a Planar, PlanarStack, Radial, Sylvester, Linear, LULinear, ActNorm, …, or a Composition of
    them. N, the ``conditioner``, is zero at first: a new layer is f, whatever c is. Couplings and
    autoregressive layers take a context of their own, which costs less.

    Formula: log|det J(z)| = log|det J_f(z; θ + N(c))|; the inverse is that of f at θ + N(c).

    Args:
        bijection: f, with parameters and no context of its own. θ is not copied, and learns with N.
        context_size: the dimension of c.
        hidden, activation, generator: of N, as in ``MLP``.

    Memory: each point has its own θ + N(c), of K(2d + 1) numbers for a PlanarStack. Points that share
    a context by broadcasting share it: m sets, not nm, in ``flow.sample((n, m), context=c)`` with
    c of shape (m, context_size).

    Source: van den Berg et al., Sylvester Normalizing Flows for Variational Inference, UAI 2018,
        where the parameters of a flow depend on the data.
    """

    def __init__(
        self,
        bijection: Bijection,
        context_size: int,
        *,
        hidden: tuple[int, ...] = (128, 128),
        activation: Activation = nn.ReLU,
        generator: Generator | None = None,
    ) -> None:
        super().__init__()
        check_bijection("Conditional: bijection", bijection)
        check_dimension("Conditional: context_size", context_size)
        n = sum(p.numel() for p in bijection.parameters())
        if n == 0 or bijection.context_size is not None:
            expected = "one with parameters and without a context"
            raise ValueError(f"Conditional: bijection: expected {expected}, got {bijection!r}")
        self.bijection, self.d, self.context_size = bijection, bijection.d, context_size
        self._inverse_view = (Inverse(bijection),)  # a tuple: f is not a part twice
        self.conditioner = MLP(context_size, n, hidden, 0, generator, activation)
        self.conditioner.to(next(bijection.parameters()))

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self._at_each(context, self.bijection, z)

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if any(getattr(f, "_initialise_at_next_inverse", False) for f in self.bijection.modules()):
            self.bijection.inverse(x)  # an ActNorm takes θ from all x, whatever their contexts
        return self._at_each(context, self._inverse_view[0], x)

    def _at_each(self, context: Any, f: Bijection, points: Tensor) -> tuple[Tensor, Tensor]:
        """The images of points (*batch, d) under f with θ + N(c), by vmap over the contexts."""
        batch = points.shape[:-1]
        if 0 in batch:
            return f(points)  # vmap needs a point
        own = [i for i, n in enumerate(batch) if n > 1 and context.stride(i)]  # not broadcast
        context = context[tuple(slice(None) if i in own else 0 for i in range(len(batch)))]
        theta = dict(f.named_parameters())
        shifts = self.conditioner(context).split([p.numel() for p in theta.values()], -1)
        moved = {
            name: p + shift.reshape((*shift.shape[:-1], *p.shape))
            for (name, p), shift in zip(theta.items(), shifts, strict=True)
        }
        images: Any = lambda moved, points: functional_call(f, moved, (points,))
        for done, axis in reversed([*enumerate(own)]):  # the outermost is the first axis
            images = vmap(images, in_dims=(0, axis - done), out_dims=axis - done)
        return images(moved, points)

    def extra_repr(self) -> str:
        return f"context_size={self.context_size}"

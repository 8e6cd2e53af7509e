"""Any bijection with parameters made conditional: a network moves its parameters as the context asks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from nflib.bijections.bijection import Bijection, Inverse
from nflib.networks import MLP, Activation
from nflib.validation import check_dimension


class Conditional(Bijection):
    """The bijection x = f(z; θ + N(c)): f has parameters θ, which a network N moves, given a context c.

    f may be Planar, PlanarStack, Radial, Sylvester, Linear, LULinear, ActNorm, … or a Composition of
    such. N is zero at first: a new layer is f, whatever c is. Couplings and autoregressive layers
    take a context of their own, which costs less.

    Formula: log|det J(z)| = log|det J_f(z; θ + N(c))|; the inverse is that of f at θ + N(c).

    Args:
        bijection: f. Its parameters are not copied: they are θ, and learn together with N.
        context_size: the dimension of c.
        hidden, activation, generator: as in ``MLP``.

    Attributes:
        bijection: f.  conditioner: N, an MLP from c to as many numbers as θ has.

    Memory: a set of parameters for each context, so n points with a context each take n·|θ| numbers,
    |θ| = K(2d + 1) for a PlanarStack. Where one context is broadcast to many points, as (context_size,)
    or in ``flow.sample((n, m), context=c)`` with m contexts, it has one set.

    Raises:
        TypeError: if ``bijection`` is not a Bijection, or context_size is not an int.
        ValueError: if f has no parameters or takes a context itself, or context_size < 1.

    Source: van den Berg et al., Sylvester Normalizing Flows for Variational Inference, UAI 2018,
        section 4 (amortised parameters).
    """

    context_size: int

    def __init__(
        self,
        bijection: Bijection,
        context_size: int,
        *,
        hidden: tuple[int, ...] = (128, 128),
        activation: Activation = nn.ReLU,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(bijection, Bijection):
            raise TypeError(f"Conditional: bijection: expected a Bijection, got {bijection!r}")
        check_dimension("Conditional: context_size", context_size)
        parameters = [*bijection.parameters()]
        if not parameters or bijection.context_size is not None:
            expected = "parameters, and no context of its own"
            raise ValueError(f"Conditional: bijection: expected {expected}, got {bijection!r}")
        self.bijection, self.d, self.context_size = bijection, bijection.d, context_size
        self._view = (Inverse(bijection),)  # in a tuple: its parameters are not listed twice
        n = sum(p.numel() for p in parameters)
        network = MLP(context_size, n, hidden, generator=generator, activation=activation)
        self.conditioner = network.to(parameters[0])

    def _forward(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        return self._at_each_context(self.bijection, z, context)

    def _inverse(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        if any(getattr(f, "_initialise_at_next_inverse", False) for f in self.bijection.modules()):
            self.bijection.inverse(x)  # an ActNorm takes θ from the data, whatever their context
        return self._at_each_context(self._view[0], x, context)

    def _at_each_context(
        self, f: Bijection, points: Tensor, context: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The map f with a set of parameters for each context that was not broadcast."""
        batch = points.shape[:-1]
        if 0 in batch:  # vmap needs at least one point
            context, own = context.new_zeros(self.context_size), []
        else:
            own = [i for i, n in enumerate(batch) if n > 1 and context.stride(i)]
            context = context[tuple(slice(None) if i in own else 0 for i in range(len(batch)))]
        parameters = dict(f.named_parameters())
        parts = self.conditioner(context).split([p.numel() for p in parameters.values()], -1)
        moved = {
            name: p + part.reshape((*part.shape[:-1], *p.shape))
            for (name, p), part in zip(parameters.items(), parts, strict=True)
        }
        call = lambda moved, at: functional_call(f, moved, (at,))
        if not own:
            return call(moved, points)
        k, first, sizes = len(own), [*range(len(own))], [batch[i] for i in own]
        moved = {name: p.flatten(0, k - 1) for name, p in moved.items()}
        results = vmap(call)(moved, points.movedim(own, first).flatten(0, k - 1))
        image, log_abs_det = (y.unflatten(0, sizes).movedim(first, own) for y in results)
        return image, log_abs_det

    def extra_repr(self) -> str:
        return f"context_size={self.context_size}"

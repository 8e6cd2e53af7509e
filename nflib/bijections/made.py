"""The masked network: θ_i depends on x_1, …, x_{i−1} only, for all i in one pass.

Every unit has a degree m: it may depend on x_1, …, x_m. The masks keep the connections that
respect this:

    degree of x_i: i;   of a hidden unit: m(k) from 1 to d − 1;   of the context: 0
    hidden k sees unit j:   m(k) ≥ m(j);        θ_i sees hidden k:   i > m(k)

**Units are sorted by degree**, so each masked matrix is lower triangular by blocks. This makes
the network as cheap to solve for x as to evaluate: see ``MADE.solve``. ``forward`` multiplies the
masked zeros too: skipping them by blocks was tried and was slower.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from nflib.bijections.conditioner import Conditioner, LineMap
from nflib.bijections.dequantisation import seen_levels
from nflib.networks import Activation, activation_module
from nflib.validation import check_dimension

Rows = Sequence[Tensor]
Step = tuple[int, ...]  # how many coordinates, and units of each hidden layer, it computes


class MADE(Conditioner):
    """The masked network that gives ``n_params`` parameters θ_i for each coordinate.

    Its last layer starts at zero, so that θ = 0.

    With a hidden layer of H < d − 1 units there are only H degrees: coordinates then form
    groups, and θ_i depends on the groups before that of x_i. With a context, degrees start at
    0, so that θ_1 depends on the context too.

    Args:
        d: the dimension.
        n_params: how many parameters θ_i holds.
        hidden: the widths of the hidden layers; ``()`` makes θ linear in x.
        context: the dimension of the context, 0 for none.
        generator: the source of randomness of the first weights and biases,
            U(−1/√n, 1/√n) for a unit that sees n others; ``None`` is torch's global one.
        activation: a class of Modules or a function of tensors, which acts on each unit alone; for
            what depends on its smoothness see ``nflib.MLP``.
        circular: d bools, True for an angle x_i, whose cosine and sine the network sees.
        levels: Q, if of x in [0, 1] the network sees grey levels only, by ``seen_levels``.

    Attributes:
        weights, biases: of each layer; only what the mask keeps is read.
        mask0, mask1, …: the masks, of zeros and ones, of the weights' shapes.
        degrees: of the units of each layer in turn, inputs first (the context's behind x) and
            outputs last, tuples of ints.

    Source: Germain et al., MADE: Masked Autoencoder for Distribution Estimation, ICML 2015,
        its masks (theirs has degrees drawn at random, ours sorted and even).
    """

    circular: Tensor | None

    def __init__(
        self,
        d: int,
        n_params: int,
        hidden: tuple[int, ...] = (128, 128),
        context: int = 0,
        generator: torch.Generator | None = None,
        activation: Activation = nn.ReLU,
        circular: Sequence[bool] | None = None,
        levels: int | None = None,
        residual: bool = False,
    ) -> None:
        super().__init__()
        check_dimension("MADE: d", d)
        check_dimension("MADE: n_params", n_params)
        check_dimension("MADE: hidden", *hidden)
        check_dimension("MADE: context", context, least=0)
        self.d, self.n_params, self.context_size = d, n_params, context or None
        self.activation = activation_module(activation, "MADE")
        self.residual = residual
        self.levels, angles = levels, None if circular is None else torch.tensor(circular)
        self.register_buffer("circular", angles, persistent=False)
        lowest = 0 if context or d == 1 else 1
        units = [tuple(lowest + k * (d - lowest) // H for k in range(H)) for H in hidden]
        inputs = tuple(range(1, d + 1))
        doubled = d * [True] if levels else circular
        if doubled is not None:  # nothing sees the second number of a real x_i
            inputs = tuple(m for i in inputs for m in (i, i if doubled[i - 1] else d + 1))
        self.n_seen = len(inputs)
        inputs += context * (0,)
        self.degrees = [inputs, *units, n_params * tuple(range(1, d + 1))]
        self.steps = _steps(d, units)
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for layer, (before, after) in enumerate(pairwise(map(torch.tensor, self.degrees))):
            is_last = layer == len(hidden)
            mask = after[:, None] > before if is_last else after[:, None] >= before
            mask = mask.to(torch.get_default_dtype())  # a product with bools takes longer
            self.register_buffer(f"mask{layer}", mask, persistent=False)
            uniform = 2 * torch.rand(len(after), len(before) + 1, generator=generator) - 1
            first = uniform * mask.sum(1, keepdim=True).clamp(min=1) ** -0.5 * (not is_last)
            self.weights.append(nn.Parameter(first[:, :-1] * mask))
            self.biases.append(nn.Parameter(first[:, -1].clone()))

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        *hidden, last = zip(self._masked(), self.biases, strict=True)
        seen = self._seen(x, self.circular)
        units = seen if context is None else torch.cat([seen, context], -1)
        for layer, (W, b) in enumerate(hidden):
            images = self.activation(nn.functional.linear(units, W, b))
            units = units + images if layer and self.residual else images
        return nn.functional.linear(units, *last).unflatten(-1, (self.n_params, self.d)).mT

    def solve(self, f: LineMap, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The x with x_i = f(z_i; θ_i(x_1, …, x_{i−1})) for all i, at the cost of one pass.

        Once x_1, …, x_i are known, the units of degree ≤ i and θ_{i+1} can be computed for good.
        Each number in the network is computed once, as in ``forward``; only the order differs.
        """
        W = self._masked()
        W[-1] = W[-1].unflatten(0, (self.n_params, self.d)).transpose(0, 1).flatten(0, 1)
        columns = z.reshape(-1, self.d).T.contiguous()  # a point in each column: units are rows
        b = list(self.biases)  # a slice of a ParameterList would be of new parameters
        b[-1] = b[-1].unflatten(0, (self.n_params, self.d)).T.flatten()
        A = [bias[:, None].expand(-1, columns.shape[1]) for bias in b]
        if context is not None:
            W[0], seen = _cut(W[0], self.n_seen, 1)
            A[0] = torch.addmm(A[0], seen, context.reshape(-1, self.context_size).T)
        rows = [columns] if self.circular is None else [columns, self.circular[:, None]]
        _, images = self._solve(self.steps, f, rows, A, W)
        x, log_slopes = map(torch.cat, zip(*images, strict=True))
        return x.T.reshape(z.shape), log_slopes.sum(0).reshape(z.shape[:-1])

    def start_at(self, theta: Tensor) -> None:
        with torch.no_grad():
            self.biases[-1].copy_(theta.repeat_interleave(self.d))

    def _solve(
        self, steps: list[Step], f: LineMap, z: Rows, A: Rows, W: Rows
    ) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
        """Compute all units of some steps, layer by layer, what is seen of x first; and f's images.

        Args:
            z: the coordinates of these steps, a point in each column; if need be, which are angles.
            A: the sums of bias, context and earlier steps in each layer's units of these steps.
            W: each layer's weights among these steps.

        Half of the steps are solved, carried to the other half by one matrix product a layer,
        and then the other half is: nearly all the arithmetic is in large products.
        """
        if len(steps) == 1:
            at, *circular = z
            theta = A[-1].reshape(len(at), self.n_params, at.shape[1]).mT
            x, log_slope = f(at, theta, *circular)
            units = [self._seen(x.T, *(rows.T for rows in circular)).T]
            for a, w in zip(A[:-1], W[:-1], strict=True):
                images = self.activation(torch.addmm(a, w, units[-1]))
                units.append(units[-1] + images if self.residual and len(units) > 1 else images)
            return units, [(x, log_slope)]
        half = len(steps) // 2
        n = [sum(sizes) for sizes in zip(*steps[:half], strict=True)]
        rows = (*n[1:], n[0] * self.n_params)
        z, later_z = zip(*(_cut(of_rows, n[0]) for of_rows in z), strict=True)
        A, later_A = zip(*map(_cut, A, rows), strict=True)
        W, later_W = zip(*map(_cut, W, rows), strict=True)
        n[0] *= self.n_seen // self.d
        across, later_W = zip(
            *(_cut(w, k, 1) for w, k in zip(later_W, n, strict=True)), strict=True
        )
        W = [w[:, :k] for w, k in zip(W, n, strict=True)]
        first, images = self._solve(steps[:half], f, z, A, W)
        later_A = list(map(torch.addmm, later_A, across, first))
        second, more = self._solve(steps[half:], f, later_z, later_A, later_W)
        return [torch.cat(both) for both in zip(first, second, strict=True)], images + more

    def _masked(self) -> list[Tensor]:
        return [W * self.get_buffer(f"mask{k}") for k, W in enumerate(self.weights)]

    def _seen(self, x: Tensor, circular: Tensor | None = None) -> Tensor:
        """What the network sees of x, shape (*batch, d): x, or two numbers for each x_i."""
        if self.levels:
            return seen_levels(x, self.levels)
        if circular is None:
            return x
        return torch.stack([torch.where(circular, x.cos(), x), x.sin()], -1).flatten(-2)


def _steps(d: int, hidden: list[tuple[int, ...]]) -> list[Step]:
    """The steps of ``MADE.solve``: how many units each computes, (of x, of each hidden layer).

    A step ends at each degree m that a hidden unit has: first the coordinates up to m, which
    depend on no unit of degree m, then the units of degree m. The last one has coordinates only.
    """
    degrees = sorted({m for layer in hidden for m in layer}) if hidden else range(1, d)
    ends = [0, *degrees, d]
    coordinates = [b - a for a, b in pairwise(ends)]
    return [
        (n, *(layer.count(m) for layer in hidden))
        for n, m in zip(coordinates, [*degrees, -1], strict=True)
    ]


def _cut(t: Tensor, n: int, axis: int = 0) -> tuple[Tensor, ...]:
    """The first n rows (or columns) and the others."""
    return t.split_with_sizes((n, t.shape[axis] - n), axis)

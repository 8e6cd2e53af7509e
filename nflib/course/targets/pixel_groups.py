"""The network of chapter 9's coupling flow: pixels in 31 groups, each with a θ that reads the groups before it.

The grid is split as ``Squeeze`` does. Of every 2×2 square of pixels, the one of even row and even
column stays on the coarser grid; the other three come after all of that, the diagonal one first.
Twice, from 28×28 over 14×14 to 7×7. Pixels of a group are independent given the groups before, so
a group is split further where they are few and decide most: in four on 14×14, in 16 on 7×7.

All that a group depends on lies on its own grid, so the network is run on that grid alone: a
sixteenth of the work for 7×7, a quarter for 14×14. The same convolutions serve all three.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import relu

from nflib.bijections.autoregressive import MaskedHistogramAutoregressive
from nflib.bijections.conditioner import Conditioner, LineMap
from nflib.bijections.dequantisation import quantise
from nflib.course.targets.mnist_runs import mnist_counts, mnist_weights
from nflib.densities import StandardUniform
from nflib.flow import Flow

SIDE, LEVELS, CLASSES = 28, 256, 10
PHASES = ((0, 0), (1, 1), (0, 1), (1, 0))  # of a pixel in its 2×2 square, in their order


def pixel_groups() -> tuple[Tensor, list[int]]:
    """The group of each pixel, shape (28, 28), and the step of each group's grid, in pixels."""
    group = torch.empty(SIDE, SIDE, dtype=torch.long)
    steps: list[int] = []
    order = [(a + 2 * c, b + 2 * d) for a, b in PHASES for c, d in PHASES]  # of 4×4 squares
    for step, places in ((4, order), (2, order[4:]), (1, PHASES[1:])):
        grid, every = group[::step, ::step], 2 if step == 1 else 4  # the grid is a view
        for i, j in places:
            grid[i::every, j::every] = len(steps)
            steps.append(step)
    return group, steps


class Residual(nn.Module):
    """h + b(a(h)): two convolutions, with a scale and a shift of h for each group in front."""

    def __init__(self, width: int, dilation: int, groups: int) -> None:
        super().__init__()
        self.a = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation)
        self.b = nn.Conv2d(width, width, 1)
        self.by_group = nn.Parameter(torch.zeros(groups, 2, width, 1, 1))
        nn.init.zeros_(self.b.weight)

    def forward(self, h: Tensor, group: int) -> Tensor:
        scale, shift = self.by_group[group]
        return h + self.b(relu(self.a(relu(h * (1 + scale) + shift))))


class PixelGroups(Conditioner):
    """Convolutions whose θ of a pixel depends on the grey levels of the groups before its own, and on the digit.

    Args:
        n_params: K, how many numbers θ has.
        width: the channels.

    Attributes:
        groups: the group of each pixel, shape (28, 28).  steps: the step of each group's grid.

    Shapes as those of ``Conditioner``: d = 784; the context is the digit, one-hot, (*batch, 10), zeros for none.
    """

    groups: Tensor

    def __init__(self, n_params: int, width: int = 48) -> None:
        super().__init__()
        self.d, self.n_params, self.context_size = SIDE**2, n_params, CLASSES
        self.levels, self.circular = LEVELS, None
        groups, self.steps = pixel_groups()
        self.first = nn.Conv2d(4, width, 5, padding=2)
        self.digit = nn.Linear(CLASSES, width)
        self.place = nn.Parameter(0.02 * torch.randn(width, 7, 7))
        self.group = nn.Parameter(torch.zeros(len(self.steps), width, 1, 1))
        self.layers = nn.ModuleList(Residual(width, k, len(self.steps)) for k in (1, 2, 4, 2, 1))
        self.last = nn.Conv2d(width, n_params, 1)
        nn.init.zeros_(self.last.weight)
        self.start_at(torch.zeros(n_params))
        self.register_buffer("groups", groups, persistent=False)
        for k, step in enumerate(self.steps):
            known, ours = (groups < k)[::step, ::step], (groups == k)[::step, ::step]
            self.register_buffer(f"masks_{k}", torch.stack([known, ours]).float(), persistent=False)

    def members(self, group: int) -> Tensor:
        """The pixels of a group, as bools of shape (784,)."""
        return (self.groups == group).flatten()

    def of_group(self, levels: Tensor, group: int, context: Tensor) -> Tensor:
        """θ of a group's pixels, shape (n, pixels, K), from levels (n, 784), of which it reads the groups before."""
        step, masks = self.steps[group], getattr(self, f"masks_{group}")
        known, ours = masks
        grid = levels.unflatten(-1, (SIDE, SIDE))[:, ::step, ::step].to(known.dtype)
        seen = [(grid / 127.5 - 1) * known, (grid == 0) * known]
        h = self.first(torch.stack([*seen, *masks.expand(len(levels), 2, -1, -1).unbind(1)], 1))
        place = self.place.repeat_interleave(4 // step, 1).repeat_interleave(4 // step, 2)
        h = h + self.digit(context)[:, :, None, None] + place + self.group[group]
        for layer in self.layers:
            h = layer(h, group)
        return self.last(relu(h)).permute(0, 2, 3, 1)[:, ours.bool()]

    def start_at(self, theta: Tensor) -> None:
        self.last.bias = nn.Parameter(theta.clone())

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        levels, digit = self._flat(x, context)
        theta = x.new_empty(len(levels), self.d, self.n_params)
        for group in range(len(self.steps)):
            theta[:, self.members(group)] = self.of_group(levels, group, digit)
        return theta.reshape(*x.shape, self.n_params)

    def solve(self, f: LineMap, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        shape, (_, digit) = z.shape, self._flat(z, context)
        z = z.reshape(-1, self.d)
        x, log_slope = torch.zeros_like(z), z.new_zeros(len(z))
        for group in range(len(self.steps)):
            ours = self.members(group)
            theta = self.of_group(quantise(x, LEVELS), group, digit)
            x[:, ours], log_slopes = f(z[:, ours], theta)
            log_slope = log_slope + log_slopes.sum(-1)
        return x.reshape(shape), log_slope.reshape(shape[:-1])

    def _flat(self, x: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        """Levels and context in a batch of one axis."""
        digit = x.new_zeros(*x.shape[:-1], CLASSES) if context is None else context
        digit = digit.expand(*x.shape[:-1], CLASSES).reshape(-1, CLASSES)
        return quantise(x, LEVELS).reshape(-1, self.d), digit


def mnist_couplings() -> Flow:
    """The coupling flow of chapter 9, trained on MNIST; the context is the digit, one-hot, zeros for none.

    Raises:
        OSError: if the file is not the one that was published.

    Source: ``tools.dev.train_pixel_groups``, whose record is ``mnist_record("couplings")``.
    """
    _, knots = mnist_counts()
    network = PixelGroups(len(knots) - 1)
    network.load_state_dict(mnist_weights("couplings"))
    flow = Flow(StandardUniform(network.d), MaskedHistogramAutoregressive(network, knots))
    return flow.requires_grad_(False)

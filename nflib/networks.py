"""A multilayer perceptron, the usual conditioner of a coupling.

A conditioner is any ``nn.Module`` from (*batch, in) to (*batch, out). It need not be invertible.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from nflib.validation import check_dimension


class MLP(nn.Module):
    """A multilayer perceptron: linear maps with max(·, 0) between them, the last one zero at first.

    So the new network is zero, and a coupling that it conditions is the identity.

    Args:
        in_size, out_size: the dimensions of input and output.
        hidden: the widths between them; ``()`` is one linear map.
        context: the dimension of the context, which follows the input's coordinates.
        generator: the source of randomness of the first weights and biases,
            U(−1/√n, 1/√n) for n inputs; ``None`` is torch's global one.

    Attributes:
        context_size: ``context``, or ``None`` if it is 0; read by couplings.

    Raises:
        TypeError: if a size is not an int.
        ValueError: if a size is too small, or the last axis of a call's argument is not
            in_size + context.
    """

    def __init__(
        self,
        in_size: int,
        out_size: int,
        hidden: tuple[int, ...] = (128, 128),
        context: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_dimension("MLP: in_size + context", in_size + context)
        for size in (*hidden, out_size):
            check_dimension("MLP: hidden, out_size", size)
        self.context_size = context or None
        self.in_size = in_size + context
        layers: list[nn.Module] = []
        device = torch.empty(0).device  # the default one, in every version of torch
        for n, m in pairwise((self.in_size, *hidden, out_size)):
            linear = nn.utils.skip_init(nn.Linear, n, m, device=device)
            for parameter in linear.parameters():
                nn.init.uniform_(parameter, -1 / math.sqrt(n), 1 / math.sqrt(n), generator)
            layers += [linear, nn.ReLU(inplace=True)]
        for parameter in linear.parameters():
            nn.init.zeros_(parameter)
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, inputs: Tensor) -> Tensor:
        if inputs.shape[-1] != self.in_size:
            got = tuple(inputs.shape)
            raise ValueError(f"MLP: inputs: expected shape (*batch, {self.in_size}), got {got}")
        return self.layers(inputs)

"""A multilayer perceptron, the usual conditioner of a coupling.

A conditioner is any ``nn.Module`` from (*batch, in) to (*batch, out). It need not be invertible.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from nflib.validation import check_dimension

Activation = Callable[..., Any]  # a class of Modules, or a function of tensors


class MLP(nn.Module):
    """A multilayer perceptron: linear maps with a function between them, the last one zero at first.

    So the new network is zero, and a coupling that it conditions is the identity.

    The function is by default max(·, 0), which is the fastest. A flow with it is not C¹, but it and
    its inverse are locally Lipschitz, and the change of variables holds with derivatives almost
    everywhere. Where the gradient of the density counts, as in HMC, take a smooth one.

    Args:
        in_size, out_size: the dimensions of input and output.
        hidden: the widths between them; ``()`` is one linear map.
        context: the dimension of the context, which follows the input's coordinates; a coupling
            reads it in ``context_size``, which is ``None`` for 0.
        generator: the source of randomness of the first weights and biases,
            U(−1/√n, 1/√n) for n inputs; ``None`` is torch's global one.
        activation: a class of Modules, as ``nn.SiLU``, or a function of tensors, as ``torch.tanh``.
    """

    def __init__(
        self,
        in_size: int,
        out_size: int,
        hidden: tuple[int, ...] = (128, 128),
        context: int = 0,
        generator: torch.Generator | None = None,
        activation: Activation = nn.ReLU,
    ) -> None:
        super().__init__()
        check_dimension("MLP: in_size + context", in_size + context)
        check_dimension("MLP: hidden, out_size", *hidden, out_size)
        self.context_size = context or None
        self.in_size = in_size + context
        layers: list[nn.Module] = []
        for n, m in pairwise((self.in_size, *hidden, out_size)):
            last = drawn_linear(n, m, generator)
            layers += [last, activation_module(activation, "MLP")]
        for parameter in last.parameters():
            nn.init.zeros_(parameter)
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, inputs: Tensor) -> Tensor:
        if inputs.shape[-1] != self.in_size:
            got = tuple(inputs.shape)
            raise ValueError(f"MLP: inputs: expected shape (*batch, {self.in_size}), got {got}")
        return self.layers(inputs)


def drawn_linear(n: int, m: int, generator: torch.Generator | None) -> nn.Linear:
    """A linear map whose weights and biases the generator draws from U(−1/√n, 1/√n)."""
    device = torch.empty(0).device  # the default one, in every version of torch
    linear = nn.utils.skip_init(nn.Linear, n, m, device=device)
    for parameter in linear.parameters():
        nn.init.uniform_(parameter, -1 / math.sqrt(n), 1 / math.sqrt(n), generator)
    return linear


def activation_module(activation: Activation, name: str) -> nn.Module:
    """A Module that applies the activation; ``name`` is that of the network."""
    if activation is nn.ReLU:
        return nn.ReLU(inplace=True)
    if not callable(activation):
        expected = "a class of Modules or a function of tensors"
        raise TypeError(f"{name}: activation: expected {expected}, got {activation!r}")
    if isinstance(activation, type):
        return activation()
    return activation if isinstance(activation, nn.Module) else _Applied(activation)


class _Applied(nn.Module):
    def __init__(self, function: Activation) -> None:
        super().__init__()
        self.forward = function

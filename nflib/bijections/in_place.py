"""Fast functions that write in place, together with a plain form for torch's transformations.

Filling the rows of one tensor is faster than making a tensor for each row, but ``torch.compile``,
``vmap`` and forward mode need operations that only make new tensors. Such a function is
therefore written twice, ``plain`` and ``fast``, and ``in_place`` joins the two:

    values, and first derivatives by reverse mode:          ``fast`` and its gradient
    derivatives of the gradient:                            the gradient of ``plain``
    forward mode, vmap, torch.compile:                      ``plain``
"""

from collections.abc import Callable
from inspect import signature
from typing import Any

import torch
from torch import Tensor

Operation = Callable[..., tuple[Tensor, ...]]  # from some tensors to a tuple of tensors


class _PlainNeeded(Exception):
    """Raised by the rules of transformations that ``fast`` does not support."""


def in_place(
    plain: Operation, fast: Operation, fast_gradient: Operation | None = None, kept: int = 0
) -> Operation:
    """A function with the values of ``plain``, computed by ``fast`` whenever that is possible.

    torch calls the rule of a ``torch.autograd.Function`` that belongs to the transformation in
    use. The rules of vmap and of forward mode give up, and all is computed again by ``plain``.
    A true rule of forward mode would not do: torch does not differentiate it in forward mode
    once more, and the second derivative comes out as zero (torch 2.6 to 2.13).

    Args:
        plain: from the inputs to the outputs, with ordinary operations.
        fast: from the inputs to the outputs, followed by ``kept`` tensors that the gradient
            needs. It may write to tensors of its own, not to its inputs.
        fast_gradient: from (*inputs, *tensors returned by fast, *cotangents of the outputs) to the
            cotangents of the inputs, written in place like ``fast``; ``None``: that of ``plain``.
        kept: the number of tensors that only the gradient needs.
    """
    gradient: Operation | None = None
    if fast_gradient is not None:
        n_inputs = len(signature(plain).parameters)

        def plain_gradient(*tensors: Tensor) -> tuple[Tensor, ...]:
            n_outputs = (len(tensors) - n_inputs - kept) // 2  # and as many cotangents
            return torch.func.vjp(plain, *tensors[:n_inputs])[1](tensors[-n_outputs:])

        gradient = in_place(plain_gradient, fast_gradient)

    class Fast(torch.autograd.Function):
        @staticmethod
        def forward(*inputs: Tensor) -> tuple[Tensor, ...]:
            return fast(*inputs)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.mark_non_differentiable(*output[len(output) - kept :])
            ctx.set_materialize_grads(False)  # no zeros for the tensors that are kept
            ctx.save_for_backward(*inputs, *output)

        @staticmethod
        def backward(ctx: Any, *cotangents: Tensor | None) -> Any:
            saved, n = ctx.saved_tensors, len(ctx.needs_input_grad)
            outputs = saved[n : len(saved) - kept]
            filled = tuple(
                torch.zeros_like(y) if v is None else v
                for v, y in zip(cotangents, outputs, strict=False)
            )
            if gradient is not None:
                return gradient(*saved, *filled)
            return torch.func.vjp(plain, *saved[:n])[1](filled)

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            raise _PlainNeeded

        @staticmethod
        def vmap(info: Any, in_dims: Any, *inputs: Any) -> Any:
            raise _PlainNeeded

    apply: Operation = Fast.apply

    def function(*inputs: Tensor) -> tuple[Tensor, ...]:
        if torch.compiler.is_compiling():
            return plain(*inputs)
        try:
            outputs = apply(*inputs)
        except _PlainNeeded:
            return plain(*inputs)
        return outputs[: len(outputs) - kept]

    return function

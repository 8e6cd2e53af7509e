"""The bijection that changes the order of the coordinates: log|det| = 0."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from nflib.bijections.bijection import Bijection
from nflib.validation import check_dimension


class Permutation(Bijection):
    """The bijection x = P z, with x_i = z_{order[i]}.

    Formula: P has a one in column order[i] of row i, so |det P| = 1; inverse z = Pᵀx.

    Args:
        order: each of 0, …, d − 1 once, a sequence of ints or an integer tensor of shape (d,).
            It becomes a buffer, which ``state_dict`` keeps.

    Source: Kingma and Dhariwal, Glow, NeurIPS 2018, section 3.2 (fixed permutations of
        Dinh et al., Real NVP, ICLR 2017, generalised).
    """

    d: int
    order: Tensor
    back: Tensor
    reverses: bool

    def __init__(self, order: Sequence[int] | Tensor) -> None:
        super().__init__()
        if not isinstance(order, Tensor):  # on the CPU also where the default device is another
            order = torch.as_tensor(order, device="cpu")
        order = order.detach().clone()
        if order.is_floating_point() or order.dtype == torch.bool:
            raise TypeError(f"Permutation: order: expected integers, got {order.dtype}")
        d = order.numel()
        if order.shape != (d,) or d == 0 or order.sort().values.tolist() != list(range(d)):
            got = order.tolist()
            raise ValueError(f"Permutation: order: expected each of 0, …, d − 1 once, got {got}")
        self.d = d
        self.register_buffer("order", order.long())
        self.register_buffer("back", torch.empty_like(self.order), persistent=False)
        _update_from_order(self)
        self.register_load_state_dict_post_hook(_update_from_order)  # type: ignore[no-untyped-call]  # torch's

    @classmethod
    def reverse(cls, d: int) -> "Permutation":
        """The reversal of the order: x_i = z_{d−1−i}."""
        check_dimension("Permutation.reverse: d", d)
        return cls(range(d - 1, -1, -1))

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x = z.flip(-1) if self.reverses else z.index_select(-1, self.order)
        return x, z.new_zeros(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        z = x.flip(-1) if self.reverses else x.index_select(-1, self.back)
        return z, x.new_zeros(x.shape[:-1])


def _update_from_order(permutation: Any, incompatible_keys: Any = None) -> None:
    """Compute what follows from ``order``: its inverse, and whether it is a flip, which is faster."""
    order = permutation.order
    permutation.back.copy_(order.argsort())
    permutation.reverses = order.tolist() == list(range(len(order)))[::-1]

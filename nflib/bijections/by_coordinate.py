"""The bijection that has a map of its own for each coordinate."""

import torch
from torch import Tensor

from nflib.bijections.bijection import Bijection, Composition


class ByCoordinate(Bijection):
    """The bijection x_i = f_i(z_i), each f_i one of the line: ``ByCoordinate(f_1, …, f_d)``.

    As a flow's last bijection it gives each coordinate its support, a half-line, an interval, the
    line: ``ByCoordinate(Exp(), Sigmoid(), Composition())``, where ``Composition()`` is the identity.

    Formula: log|det J_f(z)| = Σ_i log|f_i'(z_i)|.

    Args:
        bijections: f_1, …, f_d, d ≥ 1, of dimension 1 or of any; a context goes to those that take
            one, all of the same size.
    """

    def __init__(self, *bijections: Bijection) -> None:
        super().__init__()
        parts = Composition(*bijections)  # it checks what they have in common
        self.bijections, self.context_size = parts.bijections, parts.context_size
        self.d = len(bijections)
        if self.d == 0 or parts.d not in (None, 1):
            expected, got = "one or more with d = 1", f"{self.d} with d = {parts.d}"
            raise ValueError(f"ByCoordinate: bijections: expected {expected}, got {got}")

    def _forward(self, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self._each("forward", z, context)

    def _inverse(self, x: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return self._each("inverse", x, context)

    def _each(self, way: str, t: Tensor, context: Tensor | None) -> tuple[Tensor, Tensor]:
        pairs = zip(self.bijections, t.split(1, -1), strict=True)
        each = [getattr(f, way)(part, context if f.context_size else None) for f, part in pairs]
        images, log_abs_dets = zip(*each, strict=True)
        return torch.cat(images, -1), torch.stack(log_abs_dets).sum(0)

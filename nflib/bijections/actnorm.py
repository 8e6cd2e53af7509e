"""ActNorm: a learned shift and scale for each coordinate, initialised from data."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection
from nflib.validation import check_dimension, check_points


class ActNorm(Bijection):
    """The bijection x = m + eˢ ⊙ z, coordinate by coordinate, with m and s learned.

    Formula: log|det J_f(z)| = Σ_i s_i; the inverse is z = (x − m) ⊙ e^{−s}.

    A new layer is the identity. ``initialise(x)`` makes it standardise the points x:
        m_i = mean of x_i,  e^{s_i} = standard deviation of x_i,
    so that z = f⁻¹(x) has mean 0 and deviation 1 in each coordinate. The first batch does not
    initialise the layer by itself: ``inverse`` would then change the function that it inverts.
    To initialise all layers of a flow, see ``initialise_actnorm``; ``nflib.fit`` does it for
    those that are still the identity.

    Attributes:
        m, s: the parameters, shape (d,).

    Source: Kingma and Dhariwal, Glow, NeurIPS 2018, section 3.1.
    """

    d: int

    def __init__(self, d: int) -> None:
        super().__init__()
        check_dimension("ActNorm: d", d)
        self.d = d
        self.m = nn.Parameter(torch.zeros(d))
        self.s = nn.Parameter(torch.zeros(d))
        self._initialise_at_next_inverse = False

    @torch.no_grad()
    def initialise(self, x: Tensor) -> None:
        """Set m and s from the points x, shape (*batch, d), at least one of them and all finite.

        A coordinate whose deviation is no more than the rounding of its values counts as
        constant, and keeps its scale: s_i = 0.
        """
        check_points("ActNorm.initialise: x", x, self.d, self.m)
        if x.numel() == 0 or not bool(x.isfinite().all()):
            raise ValueError("ActNorm.initialise: x: expected at least one point, and all finite")
        deviation, mean = torch.std_mean(x.reshape(-1, self.d), dim=0, correction=0)
        constant = deviation <= 8 * torch.finfo(x.dtype).eps * mean.abs()
        self.m.copy_(mean)
        self.s.copy_(torch.where(constant, 1.0, deviation).log())

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.m + self.s.exp() * z, self.s.sum().expand(z.shape[:-1])

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self._initialise_at_next_inverse:
            self.initialise(x)
            self._initialise_at_next_inverse = False
        return (x - self.m) * (-self.s).exp(), -self.s.sum().expand(x.shape[:-1])


@torch.no_grad()
def initialise_actnorm(bijection: Bijection, x: Tensor, context: Tensor | None = None) -> None:
    """Initialise every ActNorm inside ``bijection`` from the data x, in one pass x → z.

    Each one standardises the points that reach it from the data through the layers after it,
    which have been initialised before. For a flow: ``initialise_actnorm(flow.bijection, x)``.

    Args:
        x: points of the data, shape (*batch, d), and their context, as for ``inverse``.

    Raises:
        ValueError: if an ActNorm is not reached, as inside an ``Inverse``, where the pass goes
            through its forward direction; the others are initialised all the same.
    """
    norms = [f for f in bijection.modules() if isinstance(f, ActNorm)]
    if missed := initialise_in_a_pass(norms, lambda: bijection.inverse(x, context)):
        raise ValueError(
            "initialise_actnorm: bijection: expected every ActNorm to be used by inverse, "
            f"got {missed} of {len(norms)} that are not"
        )


def initialise_in_a_pass(norms: list[ActNorm], run: Callable[[], object]) -> int:
    """Let each layer initialise itself when ``run`` inverts it, and count those not reached."""
    try:
        for f in norms:
            f._initialise_at_next_inverse = True
        run()
        return sum(f._initialise_at_next_inverse for f in norms)
    finally:
        for f in norms:
            f._initialise_at_next_inverse = False

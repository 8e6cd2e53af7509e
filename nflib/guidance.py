"""Temperature and guidance: flows made of a flow, each with its own exact density and samples.

Both change the conditional laws p(x_i | x_1, …, x_{i−1}) of autoregressive layers, one by one. What results is an
autoregressive flow of the same parameters, and another law: neither p(x)^{1/τ} nor p(x | c) p(c | x)^g
up to a factor, for the factor of each conditional law depends on the coordinates before.
"""

import copy
from typing import Any

import torch
from torch import Tensor

from nflib.bijections.autoregressive import MaskedAutoregressive, MaskedHistogramAutoregressive
from nflib.bijections.conditioner import Before, Conditioner, LineMap
from nflib.flow import Flow


def tempered(flow: Flow, temperature: float) -> Flow:
    """The flow of conditional densities p(x_i | x_1, …, x_{i−1})^{1/τ}, normalised: θ/τ for heights exp θ.

    τ < 1 draws more often what is likely anyway: on white paper, less ink.

    Args:
        flow: with histogram splines; only these are changed, and parameters are shared.
        temperature: τ > 0.
    """
    if not 0 < temperature < float("inf"):
        raise ValueError(f"tempered: temperature: expected a positive number, got {temperature}")
    return _with_weights("tempered", flow, MaskedHistogramAutoregressive, (1 / temperature,))


def guided(flow: Flow, strength: float) -> Flow:
    """The flow of parameters θ(c) + g (θ(c) − θ(0)), further from the law without context than θ(c).

    For histograms, heights h(c) (h(c)/h(0))^g. Context 0 must stand for none, as if one-hot labels were left
    out of some of the training data.

    Args:
        flow: with an autoregressive layer that takes a context; it shares its parameters.
        strength: g; 0 changes nothing.

    Source: Ho and Salimans, Classifier-Free Diffusion Guidance, 2022; for flows, Zhai et al. (2025).
    """
    return _with_weights("guided", flow, MaskedAutoregressive, (1 + strength, -strength))


def _with_weights(name: str, flow: Flow, kind: Any, weights: tuple[float, ...]) -> Flow:
    layers, changed = [], 0
    for f in flow.bijection.bijections:
        if isinstance(f, kind) and (f.context_size or len(weights) == 1):
            network, changed = f.conditioner, changed + 1
            f = copy.deepcopy(f, {id(network): network})  # which is shared
            f.conditioner = _Weighted(network, weights)
        layers.append(f)
    if not changed:
        expected = f"a {kind.__name__}{' with a context' * (len(weights) > 1)}"
        raise ValueError(f"{name}: flow: expected {expected}, got {flow.bijection}")
    return Flow(flow.base, *layers)


class _Weighted(Conditioner):
    """A network evaluated for several contexts: its parameters are Σ_j a_j θ(c_j), c_0 = c and c_1 = 0.

    The copies of the points are along a new first axis, so that each stays in the cache of its own context.
    """

    def __init__(self, network: Conditioner, weights: tuple[float, ...]) -> None:
        super().__init__()
        self.network, self.weights = network, weights
        for name in ("d", "n_params", "context_size", "token", "levels", "circular"):
            setattr(self, name, getattr(network, name))

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        return self._sum(self.network(self._copies(x), self._contexts(context)))

    def solve(self, f: LineMap, z: Tensor, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        solved = self.network.solve(self._of_all(f), self._copies(z), self._contexts(context))
        return solved[0][0], solved[1][0]

    def begin(self, z: Tensor, context: Tensor | None, cache: bool = True) -> Before:
        return self.network.begin(self._copies(z), self._contexts(context), cache)

    def sweep(
        self, f: LineMap, z: Tensor, x: Tensor, before: Before, exact: bool = False
    ) -> tuple[Tensor, Tensor, Before]:
        z, x = self._copies(z), self._copies(x)
        x, log_slope, after = self.network.sweep(self._of_all(f), z, x, before, exact)
        return x[0], log_slope[0], after

    def _of_all(self, f: LineMap) -> LineMap:
        """f at the weighted sum of the copies' parameters, its images once for each copy."""

        def of_all(z: Tensor, theta: Tensor, *rows: Tensor) -> tuple[Tensor, Tensor]:
            n = len(self.weights)
            theta = self._sum(theta.unflatten(1, (n, -1)).movedim(1, 0))
            x, log_slope = f(z.chunk(n, 1)[0], theta, *rows)
            return x.repeat(1, n), log_slope.repeat(1, n)

        return of_all

    def _sum(self, theta: Tensor) -> Tensor:
        return sum(a * t for a, t in zip(self.weights, theta, strict=True))

    def _copies(self, points: Tensor) -> Tensor:
        return points.expand(len(self.weights), *points.shape)

    def _contexts(self, context: Tensor | None) -> Tensor | None:
        if context is None:
            return None
        return torch.stack([context, torch.zeros_like(context)][: len(self.weights)])

"""Time the planar layer against the plain ways of getting the same numbers, side by side, as ratios.

The two ways of a row take turns in one process. Before anything is timed they must agree. Usage: make bench
"""

from functools import partial

import torch
from interleaved import interleaved
from torch.func import jacrev, vmap

from nflib import Planar

D, BATCH, ROUNDS = 64, 256, 15
BISECTIONS = 60  # halves the bracket to the last bit of float64


def log_abs_det_by_autograd(layer, z):
    """log|det J_f(z)| without the determinant lemma: d backward passes and an LU factorisation, O(d³)."""
    jacobian = vmap(jacrev(lambda point: layer.forward(point)[0]))(z)
    return torch.linalg.slogdet(jacobian).logabsdet


def inverse_by_bisection(layer, x):
    """f⁻¹(x) by halving a bracket of the scalar equation a + c·tanh a = wᵀx + b."""
    c, s = layer.w @ layer.u, x @ layer.w + layer.b
    low, high = s - c.abs(), s + c.abs()
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        below = middle + c * middle.tanh() < s
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return x - low.tanh()[..., None] * layer.u


@torch.no_grad()
def main():
    """Check that the ways agree, time them, and print a line for each comparison."""
    generator = torch.Generator().manual_seed(0)
    w, u = torch.randn(2, D, generator=generator, dtype=torch.float64) / D**0.5
    layer = Planar.from_parameters(w, u - (w @ u - 1.5) / (w @ w) * w, 0.3)  # c = 1.5
    z = torch.randn(BATCH, D, generator=generator, dtype=torch.float64)
    x, log_abs_det = layer.forward(z)
    torch.testing.assert_close(log_abs_det, log_abs_det_by_autograd(layer, z))
    torch.testing.assert_close(layer.inverse(x)[0], inverse_by_bisection(layer, x))

    rows = [
        ("forward + log|det|, lemma : autograd", layer.forward, log_abs_det_by_autograd, z),
        ("inverse, fixed steps : bisection", layer.inverse, inverse_by_bisection, x),
        ("inverse : forward", layer.inverse, lambda layer, x: layer.forward(x), x),
    ]
    threads = torch.get_num_threads()
    print(f"d = {D}, batch {BATCH}, float64, {threads} threads, medians of {ROUNDS}")
    print(f"{'':38}{'ours, ms':>10}{'other, ms':>11}{'ratio':>8}")
    for label, ours, other, points in rows:
        contenders = {"nflib": partial(ours, points), "other": partial(other, layer, points)}
        mine, theirs = (times.median for times in interleaved(contenders, ROUNDS).values())
        print(f"{label:38}{mine * 1e3:10.3f}{theirs * 1e3:11.3f}{mine / theirs:8.3f}")


if __name__ == "__main__":
    main()

"""Lower bounds of the time of an operation: its arithmetic alone, piece by piece.

Each piece runs on tensors of the operation's own sizes, in the way that is fastest in eager PyTorch: a floor for its
share. The rest of the time, above their sum, is the cost of many small calls.
"""

from __future__ import annotations

import itertools

import torch
from peer_flows import HIDDEN, without_gradient


def planar(d, K, batch):
    """Return the pieces of a planar stack's forward pass: (K, batch) numbers between two products."""
    Z, W, A = torch.randn(batch, d), torch.randn(K, d), torch.randn(K, batch)
    b, g, out, slope = torch.randn(K, 1), torch.randn(K, 1), torch.empty(K, batch), A.exp()
    rows = [*zip(A.unbind(), out.unbind(), strict=True)]

    def products():
        torch.addmm(b, W, Z.T)
        torch.addmm(Z, A.T, W)

    def system():
        """For each layer one bend, and one update of the rows ahead; each layer waits for the one before."""
        for k, (a, h) in enumerate(rows):
            torch.sigmoid(a, out=h)
            out[k : k + 4].addcmul_(g[k : k + 4], a)

    def to_full_precision():
        """Compute H and the slopes without losing digits where a is small or c is near −1."""
        torch.sigmoid(A, out=out)
        torch.expm1(A, out=out).mul_(A).copysign_(A)
        torch.addcmul(A, A, A, out=out).addcmul_(b, A)

    pieces = {
        "two matrix products": products,
        "K dependent steps": system,
        "tanh and slope to full precision": to_full_precision,
        "logarithms and their sum": lambda: torch.log(slope, out=out).sum(0),
    }
    return {name: without_gradient(piece) for name, piece in pieces.items()}


def networks(inputs, outputs, layers, batch, trains=False):
    """Return the pieces of log_prob, or of a training step, of a flow of networks.

    They are the matrix products with their biases, and all the rest in its least form; a training step adds the two
    products of each one's gradient, and the rest once more, with outputs in tensors that are there already.
    """
    sizes = [inputs, *HIDDEN, outputs]
    pairs = [(torch.randn(batch, a), torch.randn(b, a)) for a, b in itertools.pairwise(sizes)]
    biases = [torch.randn(b) for b in sizes[1:]]
    gradients = [torch.randn(batch, b) for b in sizes[1:]]
    units, half = torch.randn(batch, HIDDEN[0]), torch.randn(batch, outputs // 2)

    def products():
        for _ in range(layers):
            for (x, w), b, g in zip(pairs, biases, gradients, strict=True):
                torch.nn.functional.linear(x, w, b)
                if trains:
                    g @ w
                    g.T @ x
                    g.sum(0)

    def rest():
        for _ in range((1 + trains) * layers):
            for _ in HIDDEN:
                units.relu_()
            s = 4 * half.sigmoid() - 2
            (half - half) * s.exp()
            s.sum(-1)

    pieces = {"matrix products": products, "ReLUs, scales, shifts and sums": rest}
    return {name: without_gradient(piece) for name, piece in pieces.items()}

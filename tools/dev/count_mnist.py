"""Count the grey levels of MNIST's training images, and fit Gaussians to them: the baselines of chapter 9.

Writes to nflib/course/data: mnist-counts.bz2, which ``mnist_counts`` reads, and mnist-baselines.json, the bits per
dimension of histograms, and of Gaussians after the logit, on the 10,000 test images and on the 1,000 that come with
nflib, with one noise each. The Gaussians themselves, 784×784 numbers each, are not kept. They are fitted to 50,000
images; how much each class's covariance is shrunk to that of all is chosen on 2,000 others.

Usage: python -m tools.dev.count_mnist        MNIST's files are found as ``load_mnist(full=True)`` does; two CPU minutes
"""

from __future__ import annotations

import bz2
import json
import math

import torch
from torch import Tensor

from nflib import LogitPreprocessing, bits_per_dim, dequantise
from nflib.bijections.histogram import histogram_knots
from nflib.course.targets import Digits, load_mnist, mnist_counts
from nflib.course.targets.mnist_runs import PIECES
from tools.dev.mnist_shared import DATA, parts, seeded, write

ALPHAS, SHRINKS = {"a": 1e-6, "b": 0.01}, (0.05, 0.1, 0.3)


def write_counts(train: Digits) -> None:
    """Write the knots and the counts between them."""
    levels = torch.zeros(10, 256, 784, dtype=torch.int64)
    for digit in range(10):
        images = train.images[train.labels == digit].long()
        levels[digit].scatter_add_(0, images, torch.ones_like(images))
    edges = (256 * histogram_knots(levels.sum((0, 2)), PIECES)).round().long()
    below = torch.cat([torch.zeros_like(levels[:, :1]), levels.cumsum(1)], 1)
    numbers = torch.cat([edges, below[:, edges].diff(dim=1).flatten()])
    write(DATA / "mnist-counts.bz2", bz2.compress(numbers.numpy().astype("<u2").tobytes(), 9))


def histograms(test: Digits) -> dict[str, float]:
    """Bits per dimension on the test images: of one histogram, of one a pixel, of one a pixel and digit."""
    counts, knots = mnist_counts()
    widths = (256 * knots.diff()).double()
    piece = torch.bucketize(test.images, 256 * knots[1:-1], right=True)

    def log_p(counts: Tensor) -> Tensor:
        shares = counts + 0.01 * widths
        each = (shares / shares.sum(-1, keepdim=True) / widths).log()
        return each.gather(-1, piece.T.expand(*each.shape[:-1], -1)).sum(-2)

    def bits(log_p: Tensor) -> float:
        return float(-log_p.mean() / (784 * math.log(2)))

    joint = log_p(counts) - math.log(10)
    right = (joint.argmax(0) == test.labels).double().mean()
    shared = log_p(counts.sum((0, 1)).expand(784, -1))
    found = {"shared": bits(shared), "alone": bits(log_p(counts.sum(0)))}
    return found | {"by-digit": bits(joint.logsumexp(0)), "by-digit-right": float(right)}


class Gaussian:
    """N(m, C) by its mean and the Cholesky factor of C + 10⁻⁶ I."""

    def __init__(self, mean: Tensor, covariance: Tensor) -> None:
        self.mean = mean
        self.factor = torch.linalg.cholesky(covariance + 1e-6 * torch.eye(len(mean)).double())

    def log_prob(self, x: Tensor) -> Tensor:
        standard = torch.linalg.solve_triangular(self.factor, (x - self.mean).T, upper=False)
        constant = self.factor.diagonal().log().sum() + len(self.mean) / 2 * math.log(2 * math.pi)
        return -standard.square().sum(0) / 2 - constant


def gaussians(
    alpha: float, train: Digits, held_out: Digits, tests: dict[str, Digits]
) -> dict[str, dict]:
    """Bits per dimension on each set of images: of one Gaussian, and of one for each digit."""
    logit, generator = LogitPreprocessing(alpha), seeded()

    def on_line(part: Digits) -> tuple[Tensor, Tensor]:
        return logit.inverse(dequantise(part.images, 256, generator).double())

    w, _ = on_line(train)
    mean, covariance = w.mean(0), w.T.cov()
    moments = [(w[train.labels == k].mean(0), w[train.labels == k].T.cov()) for k in range(10)]
    share = train.labels.bincount() / len(train)

    def bits(log_p: Tensor, log_abs_det: Tensor) -> float:
        return float(bits_per_dim(log_p + log_abs_det, 784, 256).mean())

    def joint(shrink: float, x: Tensor) -> Tensor:
        fits = [Gaussian(m, (1 - shrink) * C + shrink * covariance) for m, C in moments]
        return torch.stack([fit.log_prob(x) for fit in fits], -1) + share.log()

    x, log_abs_det = on_line(held_out)
    cost = {s: bits(joint(s, x).logsumexp(-1), log_abs_det) for s in SHRINKS}
    shrink, one, found = min(cost, key=cost.__getitem__), Gaussian(mean, covariance), {}
    for name, test in tests.items():
        x, log_abs_det = on_line(test)
        log_p = joint(shrink, x)
        right = (log_p.argmax(-1) == test.labels).double().mean()
        found[name] = {
            "gaussian": bits(one.log_prob(x), log_abs_det),
            "classes": bits(log_p.logsumexp(-1), log_abs_det),
            "classes-right": float(right),
            "shrink": shrink,
        }
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    train, test = parts()
    write_counts(train)
    fitted, held_out, _ = train.split(50_000, 2_000, 8_000)
    tests = {"1000": load_mnist(), "10000": test}
    found = {name: histograms(part) for name, part in tests.items()}
    for key, alpha in ALPHAS.items():
        for name, numbers in gaussians(alpha, fitted, held_out, tests).items():
            found[name] |= {f"{what}-{key}": x for what, x in numbers.items()}
    record = {"command": "python -m tools.dev.count_mnist", "alphas": ALPHAS}
    for name, numbers in found.items():
        record[name] = {what: round(x, 5) for what, x in numbers.items()}
    write(DATA / "mnist-baselines.json", f"{json.dumps(record, indent=1)}\n".encode())
    print(record)

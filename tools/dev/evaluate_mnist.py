"""Measure a flow of digits that ``train_mnist`` made: writes a record, FLOW.evaluation.json, section by section.

    bits      bits per dimension of test images: label left out, label given; ± one standard error over images.
    bayes     accuracy of the class of largest p(x | c), and the bits an image that the label saves.
    exact     relative gap between a sample's log-density and that which came with it, in float32 and float64.
    methods   CPU seconds, sweeps and passes of the ways to sample a batch, and how many levels differ.
    judge     share of samples that a small CNN reads as the digit asked for, its own share on test images beside it.
    twosample AUROC of a small CNN between samples and test images, with test against test images beside it.
    maimed    AUROC of −log p between whole digits and digits without their lower half: near 0, they are more probable.

A section that is in the record is not measured again. benchmarks/mnist-flow.evaluation.json is that of the flow which
comes with nflib; ``python benchmarks/quality_images.py`` then writes its section of QUALITY.md.
The test images choose nothing here. MNIST's files are found as ``load_mnist(full=True)`` does.
Usage: OMP_NUM_THREADS=1 python -m tools.dev.evaluate_mnist FLOW.pt [--images 10000] [--samples 1000]
       [--only bits bayes …] [--guidance 1]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nflib import Flow, bits_per_dim, guided, quantise, sample
from nflib.course.targets import mnist_flow
from tools.dev.mnist_shared import LABELS, Q, context_of, d, log_prob, parts, seeded


def none(v: Tensor) -> Tensor:
    return torch.full((len(v),), -1)


def mean_and_error(values: Tensor) -> list[float]:
    return [float(values.mean()), float(values.std() / len(values) ** 0.5)]


def auroc(low: Tensor, high: Tensor) -> float:
    """Return P(high > low), a tie counting one half."""
    each = low.double().sort().values
    below, upto = (torch.searchsorted(each, high.double(), right=right) for right in (False, True))
    return float((below + upto).double().mean() / 2 / len(low))


def digits(flow: Flow, n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return n samples as levels, and the labels 0, 1, …, 9, 0, … that they were asked for."""
    labels = torch.arange(n) % LABELS
    generator = seeded(seed)
    drawn = [flow.sample(len(c), generator, c) for c in context_of(labels).split(250)]
    return quantise(torch.cat(drawn), Q).to(torch.uint8), labels


def network(classes: int) -> nn.Module:
    layers = [
        nn.Conv2d(1, 16, 5, 2, 2),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, 2, 1),
        nn.ReLU(),
        nn.Flatten(),
    ]
    return nn.Sequential(
        *layers, nn.Dropout(0.3), nn.Linear(32 * 49, 64), nn.ReLU(), nn.Linear(64, classes)
    )


def classifier(v: Tensor, labels: Tensor, classes: int, epochs: int) -> Callable[[Tensor], Tensor]:
    """Return the logits of a small CNN trained on images of levels; torch's own generator seeds it."""
    net, x = network(classes), v.float().view(-1, 1, 28, 28) / 255
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(epochs):
        for i in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            cross_entropy(net(x[i]), labels[i]).backward()
            optimiser.step()
    net.eval()
    return torch.no_grad()(lambda v: net(v.float().view(-1, 1, 28, 28) / 255))


class Evaluation:
    """The sections, a method each, which returns what the record gets."""

    def __init__(self, flow: Flow, a: argparse.Namespace) -> None:
        self.flow, self.a = flow, a
        self.train, test = parts()
        self.test, self.labels = test.images[: a.images], test.labels[: a.images]
        self.all_test = test.images
        self.kept: dict[float, tuple[Tensor, Tensor]] = {}

    def drawn(self, strength: float) -> tuple[Tensor, Tensor]:
        if strength not in self.kept:
            flow = guided(self.flow, strength) if strength else self.flow
            self.kept[strength] = digits(flow, self.a.samples)
        return self.kept[strength]

    def bits(self) -> dict:
        without, given = (log_prob(self.flow, self.test, c) for c in (none(self.test), self.labels))
        costs = {"without_label": without, "given_label": given}
        v, labels = self.drawn(0.0)
        costs["own_samples_given_label"] = log_prob(self.flow, v, labels)
        return {name: mean_and_error(bits_per_dim(t, d, Q)) for name, t in costs.items()}

    def bayes(self) -> dict:
        each = [
            log_prob(self.flow, self.test, torch.full_like(self.labels, c)) for c in range(LABELS)
        ]
        each = torch.stack(each, -1)
        right = (each.argmax(-1) == self.labels).double()
        given = each.gather(1, self.labels[:, None])[:, 0]
        saved = (given - each.logsumexp(-1) + math.log(LABELS)) / math.log(2)
        confidence = mean_and_error(each.softmax(-1).amax(-1))
        return {
            "accuracy": mean_and_error(right),
            "bits_saved": mean_and_error(saved),
            "confidence": confidence,
        }

    def exact(self) -> dict:
        gaps = {}
        for dtype in (torch.float32, torch.float64):
            flow, c = self.flow.to(dtype), context_of(torch.arange(50) % LABELS).to(dtype)
            with torch.no_grad():
                x, log_p = flow.sample_with_log_prob(50, seeded(), c)
                gaps[str(dtype)] = float(((flow.log_prob(x, c) - log_p) / log_p).abs().max())
        self.flow.float()
        return gaps

    def methods(self) -> dict:
        rows = {}
        for n in (1, 10, 50):
            c, expected = context_of(torch.arange(n) % LABELS), None
            began = time.process_time()
            log_prob(self.flow, torch.zeros(n, d), torch.arange(n) % LABELS)
            rows[f"batch {n}, one pass"] = {"cpu": time.process_time() - began}
            for how in (
                {"method": "sequential"},
                {"method": "sequential", "cache": False},
                {"method": "jacobi"},
                {"method": "jacobi", "exact": True},
                {"method": "gauss-seidel", "block": 1},
                {"method": "gauss-seidel", "block": 7},
            ):
                began = time.process_time()
                got = sample(self.flow, n, seeded(), c, **how)
                row = {
                    "cpu": time.process_time() - began,
                    "sweeps": got.sweeps,
                    "passes": got.passes,
                }
                v = quantise(got.x, Q)
                expected = v if expected is None else expected
                row["differing_levels"] = int((v != expected).sum())
                rows[f"batch {n}, " + ", ".join(f"{k} {value}" for k, value in how.items())] = row
        return rows

    def judge(self) -> dict:
        some, _ = self.train.split(20_000, 40_000)
        judge = classifier(some.images, some.labels, LABELS, 3)
        share = lambda v, c: mean_and_error((judge(v).argmax(-1) == c).double())
        shares = {"test images": share(self.test, self.labels)}
        for strength in (0.0, self.a.guidance):
            shares[f"guidance {strength:g}"] = share(*self.drawn(strength))
        return shares

    def twosample(self) -> dict:
        n = min(self.a.samples, len(self.all_test) // 2)
        real, other = self.all_test[
            torch.randperm(len(self.all_test), generator=seeded())[: 2 * n]
        ].split(n)
        pairs = {"test images": other} | {
            f"guidance {g:g}": self.drawn(g)[0][:n] for g in (0.0, self.a.guidance)
        }
        found = {}
        for name, v in pairs.items():
            found[name] = []
            for split in range(2):
                order, cut = torch.randperm(n, generator=seeded(split)), 7 * n // 10
                a, b = real[order], v[order]
                side = torch.arange(2).repeat_interleave(cut)
                logits = classifier(torch.cat([a[:cut], b[:cut]]), side, 2, 15)
                found[name].append(
                    auroc(*((s[:, 1] - s[:, 0]) for s in map(logits, (a[cut:], b[cut:]))))
                )
        return found

    def maimed(self) -> dict:
        whole = self.test[:500]
        half = whole * (torch.arange(d) < d // 2)
        low, high = (-log_prob(self.flow, v, none(v)) for v in (whole, half))
        return {"auroc": auroc(low, high)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("flow", type=Path)
    parser.add_argument("--images", type=int, default=10_000, help="how many of the test images")
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--guidance", type=float, default=1.0)
    sections = ["bits", "bayes", "exact", "methods", "judge", "twosample", "maimed"]
    parser.add_argument("--only", nargs="+", choices=sections, default=sections)
    a = parser.parse_args()
    file = a.flow.with_suffix(".evaluation.json")
    sizes = {
        "flow": hashlib.sha256(a.flow.read_bytes()).hexdigest(),
        "images": a.images,
        "samples": a.samples,
        "guidance": a.guidance,
        "torch": torch.__version__,
    }
    record = json.loads(file.read_text("utf8")) if file.exists() else sizes
    if sizes != {key: record[key] for key in sizes}:
        raise SystemExit(
            f"{file}: this is a record of another flow or other sizes; delete it, or give them"
        )
    evaluation = Evaluation(mnist_flow(a.flow), a)
    for name in a.only:
        if name not in record:
            torch.manual_seed(0)  # of the small CNNs
            began = time.process_time()
            record[name] = getattr(evaluation, name)()
            record[name]["cpu_seconds"] = round(time.process_time() - began, 1)
            file.write_text(json.dumps(record, indent=1), "utf8")
        print(name, json.dumps(record[name]), flush=True)


if __name__ == "__main__":
    main()

"""Train the flow of the start page and write its numbers into book/_static/interactive/spiral.js.

Twelve affine couplings take N(0, I) to one arm of a spiral. The loss is −log p_X(x), in nats, plus PENALTY times the
squared distance that each layer moves a point: without that the cloud reaches the spiral by way of far places, and an
animation of it is hard to follow. The flow is exact with any numbers; training decides only where it takes the points.

Usage: python -m tools.dev.train_spiral      (about a minute; the same numbers on every machine up to rounding)
"""

from __future__ import annotations

import json
import math
import re

import torch
from torch import Tensor, nn

from nflib import AffineCoupling, Composition, StandardNormal
from tools.course import ROOT

SCRIPT = ROOT / "book/_static/interactive/spiral.js"
PLACE = re.compile(r"const LAYERS = \[.*?\];", re.S)
LAYERS, HIDDEN, STEPS, BATCH, PENALTY, NOISE = 12, 16, 4000, 512, 0.1, 0.11


def arm(u: Tensor) -> Tensor:
    """Return the points of the arm, (*batch, 2), for u in [0, 1]: angle a = 0.9 + 2.6 π u, radius 3 a / (3.5 π)."""
    angle = 0.9 + 2.6 * math.pi * u
    return (6 / 7 / math.pi) * angle[..., None] * torch.stack([angle.cos(), angle.sin()], -1)


def coupling(mask: list[bool]) -> AffineCoupling:
    """Return a coupling with a small network that starts at zero: the identity."""
    network = nn.Sequential(nn.Linear(1, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, 2))
    nn.init.uniform_(network[0].weight, -2, 2)
    nn.init.uniform_(network[0].bias, -2, 2)
    nn.init.zeros_(network[2].weight)
    nn.init.zeros_(network[2].bias)
    return AffineCoupling(torch.tensor(mask), network)


def loss_of(layers: Composition, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return −log p_X(x) and the squared distance moved, summed over layers, each a mean over x."""
    moved = log_abs_det = torch.zeros(())
    for layer in reversed(layers):
        z, change = layer.inverse(x)
        log_abs_det = log_abs_det + change
        moved = moved + (x - z).square().sum(-1)
        x = z
    log_p = StandardNormal(2).log_prob(x) + log_abs_det
    return -log_p.mean(), moved.mean()


def train() -> list[AffineCoupling]:
    """Return the trained layers, from the base to the data."""
    generator = torch.Generator().manual_seed(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)  # PyTorch's initialisers take no generator
        layers = nn.ModuleList(coupling([k % 2 == 0, k % 2 == 1]) for k in range(LAYERS))
    optimiser = torch.optim.Adam(layers.parameters(), lr=6e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for step in range(1, STEPS + 1):
        u = torch.rand(BATCH, generator=generator).sqrt()  # as many points on an inch everywhere
        x = arm(u) + NOISE * torch.randn(BATCH, 2, generator=generator)
        loss, moved = loss_of(layers, x)
        optimiser.zero_grad()
        (loss + PENALTY * moved).backward()
        nn.utils.clip_grad_norm_(layers.parameters(), 5.0)
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}: {loss.item():.3f} nats, moved {moved.item():.2f}", flush=True)
    return list(layers)


def numbers(layer: AffineCoupling) -> list[list[float]]:
    """Return a layer's numbers, to four decimals: weights and biases in, weights and biases out."""
    first, _, last = layer.conditioner
    parts = (first.weight[:, 0], first.bias, last.weight[0], last.weight[1], last.bias)
    return [[round(value, 4) for value in part.tolist()] for part in parts]


if __name__ == "__main__":
    torch.set_num_threads(1)
    lines = ",\n".join(f"    {json.dumps(numbers(layer))}" for layer in train())
    source = SCRIPT.read_text("utf8")
    written = PLACE.sub(lambda _: f"const LAYERS = [\n{lines},\n  ];", source, count=1)
    SCRIPT.write_text(written, "utf8")
    print(f"written into {SCRIPT}")

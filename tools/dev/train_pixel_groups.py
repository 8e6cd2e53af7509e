"""Train the coupling flow of chapter 9 on MNIST and write nflib/course/data/mnist-couplings.{pt,json}.

Each step takes some groups of each grid, so that its loss is an unbiased estimate of the bits per dimension. The rate
falls to zero by the CPU seconds that are spent. After every minute the state is kept in the folder, and the same
command goes on from there.

Usage: python -m tools.dev.train_pixel_groups FOLDER [CPU-SECONDS]     600 if not said
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from nflib.course.targets import mnist_counts
from nflib.course.targets.pixel_groups import PixelGroups
from nflib.training import checkpoint
from tools.dev.mnist_shared import DATA, context_of, d, parts, write, write_weights

SEED, RATE = 0, 2e-3
DRAWS = {4: (3, 64), 2: (2, 48), 1: (1, 32)}  # groups in a step and images for each, by grid


def bits(
    network: PixelGroups,
    images: Tensor,
    group: int,
    digits: Tensor,
    piece: Tensor,
    log_widths: Tensor,
) -> Tensor:
    """The bits of a group's pixels, of each image: those of their pieces, and of the levels in them."""
    theta = network.of_group(images, group, digits) + log_widths
    pieces = piece[images[:, network.members(group)].long()]
    nats = cross_entropy(theta.flatten(0, 1), pieces.flatten(), reduction="none")
    return (nats.view(pieces.shape) + log_widths[pieces]).sum(-1) / math.log(2)


def main(folder: Path, budget: float) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    train, test = parts()
    counts, knots = mnist_counts()
    edges = (knots * 256).round().long()
    piece = torch.bucketize(torch.arange(256), edges[1:], right=True)
    scales = piece, edges.diff().log()
    network = PixelGroups(len(knots) - 1)
    shares = counts.sum((0, 1)).float()
    network.start_at((shares / shares.sum() / edges.diff()).log())
    optimiser = torch.optim.AdamW(network.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.01)
    state, spent, step, curve = folder / "couplings-state.pt", 0.0, 0, []
    if state.exists():
        kept = checkpoint.read(state)
        network.load_state_dict(kept["network"])
        optimiser.load_state_dict(kept["optimiser"])
        torch.set_rng_state(kept["generator"])
        spent, step, curve = kept["spent"], kept["step"], kept["curve"]
    begun, saved = time.process_time() - spent, spent
    while spent < budget:
        spent = time.process_time() - begun
        rate = RATE * min(1, (step + 1) / 50) * (1 + math.cos(math.pi * min(1, spent / budget))) / 2
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = 0
        for grid, (n_groups, n) in DRAWS.items():
            groups = [k for k, of in enumerate(network.steps) if of == grid]
            for place in torch.randperm(len(groups))[:n_groups].tolist():
                chosen = torch.randint(len(train), (n,))
                told = torch.where(torch.rand(n) < 0.1, -1, train.labels[chosen])
                images = train.images[chosen], groups[place], context_of(told)
                cost = bits(network, *images, *scales).mean() / d
                loss = loss + cost * len(groups) / n_groups
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        step += 1
        if spent >= min(saved + 60, budget):
            saved = spent
            with torch.no_grad():
                images, digits = test.images[:200], context_of(test.labels[:200])
                each = [
                    bits(network, images, k, digits, *scales) for k, _ in enumerate(network.steps)
                ]
            now = float(sum(each).mean() / d)
            curve.append([round(spent), step, round(now, 4)])
            print(*curve[-1], flush=True)
            kept = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
            kept |= {"generator": torch.get_rng_state(), "spent": spent}
            checkpoint.write(state, kept | {"step": step, "curve": curve})
            begun = time.process_time() - spent  # what was measured does not count
    record = {"command": f"python -m tools.dev.train_pixel_groups FOLDER {budget:g}", "seed": SEED}
    record |= {"cpu_seconds": round(spent), "steps": step, "curve": curve}
    record["sha256"] = write_weights(DATA / "mnist-couplings.pt", network.state_dict())
    write(DATA / "mnist-couplings.json", f"{json.dumps(record)}\n".encode())
    print(record)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 600.0)

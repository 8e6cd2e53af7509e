"""What the programs that train, count and measure MNIST share: its parts, contexts, costs, and the files they write."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import one_hot

import nflib.course
from nflib import Flow, dequantise
from nflib.course.targets import Digits, load_mnist
from nflib.training import checkpoint

DATA = Path(nflib.course.__file__).with_name("data")
LABELS, Q, d = 10, 256, 784


def parts() -> tuple[Digits, Digits]:
    """Return the 60,000 images for training and the 10,000 for testing."""
    train, test = load_mnist(full=True).split(60_000, 10_000)
    return train, test


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def context_of(labels: Tensor) -> Tensor:
    """Return one-hot labels; zeros for the label −1, which is none."""
    return one_hot(labels.clamp(min=0), LABELS).float() * (labels >= 0)[:, None]


@torch.no_grad()
def log_prob(flow: Flow, v: Tensor, labels: Tensor) -> Tensor:
    """Return log p(y | label) of dequantised images, which no noise changes; in batches of 100."""
    device = next(flow.parameters()).device
    batches = zip(dequantise(v, Q, seeded()).split(100), context_of(labels).split(100), strict=True)
    return torch.cat([flow.log_prob(y.to(device), c.to(device)).cpu() for y, c in batches]).double()


def write(path: Path, content: bytes) -> None:
    """Write a file in whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def write_weights(path: Path, state: dict[str, Tensor], **more: object) -> str:
    """Write weights in float16, as ``{**more, "state": …}`` if there is more; return the file's SHA-256."""
    half = {name: t.half() if t.is_floating_point() else t for name, t in state.items()}
    checkpoint.write(path, more | {"state": half} if more else half)
    return hashlib.sha256(path.read_bytes()).hexdigest()

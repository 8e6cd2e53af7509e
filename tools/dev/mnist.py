"""MNIST as tensors, from the four files of its authors, or by torchvision, which downloads them.

Source: LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document Recognition, 1998.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

NAMES = {True: "train", False: "t10k"}


def read_mnist(train: bool, folder: str | None = None) -> tuple[Tensor, Tensor]:
    """Return the images, uint8 of shape (n, 784), and the labels, int64 of shape (n,).

    Args:
        train: the 60,000 images for training, or the 10,000 for testing.
        folder: where the ``…-ubyte.gz`` files are; ``None`` is the variable NFLIB_MNIST, and where there is none,
            torchvision.
    """
    folder = folder or os.environ.get("NFLIB_MNIST")
    if folder:
        images, labels = (
            Path(folder) / f"{NAMES[train]}-{kind}-ubyte.gz"
            for kind in ("images-idx3", "labels-idx1")
        )
        return _after(images, 16).view(-1, 784), _after(labels, 8).long()
    try:
        from torchvision.datasets import MNIST
    except ImportError:
        raise SystemExit(
            "MNIST: give the folder of its four files by --data or NFLIB_MNIST, or `pip install torchvision`, which is "
            "no part of the requirements and downloads them"
        ) from None
    data = MNIST(Path.home() / ".cache" / "mnist", train=train, download=True)
    return data.data.reshape(-1, 784), data.targets.long()


def _after(path: Path, header: int) -> Tensor:
    """Return the bytes of a compressed file behind its header."""
    return torch.from_numpy(
        np.frombuffer(gzip.decompress(path.read_bytes())[header:], np.uint8).copy()
    )

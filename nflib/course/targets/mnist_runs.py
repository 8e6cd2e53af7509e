"""What 60,000 training images of MNIST left, which nflib does not have: counts of grey levels, weights, and records."""

from __future__ import annotations

import bz2
import hashlib
import io
import json
from importlib.resources import files
from typing import Any

import numpy as np
import torch
from torch import Tensor

PIECES = 32


def mnist_counts() -> tuple[Tensor, Tensor]:
    """Counts of the training images, and the knots of the pieces that they count.

    Returns:
        counts, shape (10, 784, 32), int64: for each digit and pixel, the images whose level lies in
        each piece; and the knots e_0 = 0, …, e_32 = 1, multiples of 1/256, shape (33,): those of
        ``histogram_knots`` for all pixels together.

    Source: ``tools.dev.count_mnist``; MNIST's origin and licence are in nflib/course/data/README.md.
    """
    numbers = np.frombuffer(bz2.decompress(data_file("mnist-counts.bz2")), "<u2").astype(np.int64)
    edges, counts = np.split(numbers, [PIECES + 1])
    by_piece = torch.from_numpy(counts).view(10, PIECES, 784)
    return by_piece.transpose(1, 2).contiguous(), torch.from_numpy(edges) / 256


def mnist_record(name: str) -> dict:
    """The record of a run on MNIST, with its command: ``"baselines"``, ``"couplings"`` or ``"flow"``."""
    return json.loads(data_file(f"mnist-{name}.json"))


def mnist_weights(name: str) -> Any:
    """What a run wrote to mnist-NAME.pt, ``"couplings"`` or ``"flow"``; OSError if it is not its record's file."""
    packed = data_file(f"mnist-{name}.pt")
    if hashlib.sha256(packed).hexdigest() != mnist_record(name)["sha256"]:
        raise OSError(f"mnist-{name}.pt: expected the recorded file, got a changed one")
    return torch.load(io.BytesIO(packed), map_location="cpu", weights_only=True)


def data_file(name: str) -> bytes:
    """A file of nflib/course/data."""
    return files("nflib.course").joinpath("data", name).read_bytes()

"""MNIST: handwritten digits of 28×28 pixels and 256 levels, and a flow that was fitted to them.

1,000 of the test images come with nflib, and the flow; ``nflib/course/data/README.md`` has the
origin and the licence of both.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from pathlib import Path

import numpy as np
import torch

from nflib.course.targets.digits import Digits
from nflib.course.targets.mnist_runs import data_file, mnist_weights
from nflib.flow import Flow
from nflib.ready_made import image_flow
from nflib.training import checkpoint

SAMPLE = "mnist-test-1000.npz"
SHA256 = {
    SAMPLE: "bd91a60a0ee77ac02faaad9135cb4bc391412543a75a30c3c372ba7427d08a63",
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def load_mnist(full: bool = False) -> Digits:
    """1,000 test images of MNIST, or all its 70,000: Q = 256 levels, shape (n, 784).

    Of the 1,000, which come with nflib, the labels are 0, 1, …, 9, 0, 1, …: any stretch has all
    classes. Of all, those for training are first, so that the usual parts are
    ``load_mnist(full=True).split(60_000, 10_000)``; their levels stay uint8, 55 MB.

    Args:
        full: whether to read all, from the four published files, as they are or gzipped. They are
            in the folder that the environment variable NFLIB_MNIST names; if it names none,
            torchvision downloads them to ~/.cache/nflib.

    Raises:
        ModuleNotFoundError: if there is neither such a folder nor torchvision.
        OSError: if a file is missing, or is not the published one.

    Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits, 1998,
        http://yann.lecun.com/exdb/mnist/ (CC BY-SA 3.0).
    """
    if not full:
        arrays = np.load(io.BytesIO(_checked(SAMPLE, data_file(SAMPLE))))
        return _digits(arrays["images"].astype(np.int64), arrays["labels"])
    folder = _folder()
    images = [_published(folder, f"{part}-images-idx3-ubyte", 16) for part in ("train", "t10k")]
    labels = [_published(folder, f"{part}-labels-idx1-ubyte", 8) for part in ("train", "t10k")]
    return _digits(np.concatenate(images).reshape(-1, 784), np.concatenate(labels))


def mnist_flow(file: str | os.PathLike | None = None) -> Flow:
    """The flow of digits that comes with nflib, ``nflib.image_flow`` fitted to MNIST, in float32.

    Its context is the digit, one-hot; zeros leave it out. ``nflib/course/data/mnist-flow.json``
    says how it was made: the command, the seconds of one processor, the curve.

    Args:
        file: another one, which ``tools.dev.train_mnist`` wrote.

    Raises:
        OSError: if the file that comes with nflib is not the one that its record describes.
    """
    saved = mnist_weights("flow") if file is None else checkpoint.read(file)
    flow = image_flow((1, 28, 28), torch.ones(256), **saved["sizes"])
    flow.load_state_dict(saved["state"])
    return flow.requires_grad_(False)


def _folder() -> Path:
    """The folder of the published files."""
    if folder := os.environ.get("NFLIB_MNIST"):
        return Path(folder)
    from torchvision.datasets import MNIST

    root = Path("~/.cache/nflib").expanduser()
    MNIST(root, download=True)
    return root / "MNIST" / "raw"


def _published(folder: Path, name: str, header: int) -> np.ndarray:
    """The bytes of a published file after its header."""
    file = folder / name
    data = file.read_bytes() if file.exists() else gzip.open(f"{file}.gz").read()
    return np.frombuffer(_checked(name, data), np.uint8)[header:]


def _checked(name: str, data: bytes) -> bytes:
    if hashlib.sha256(data).hexdigest() != SHA256[name]:
        raise OSError(f"load_mnist: {name}: expected the published file, got a changed one")
    return data


def _digits(images: np.ndarray, labels: np.ndarray) -> Digits:
    return Digits(torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)))

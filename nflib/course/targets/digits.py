"""The 8×8 digits: 1797 images of handwriting, read from a file that comes with nflib.

DIGITS.md, beside this file, has their origin and licence.
"""

from __future__ import annotations

import bz2
import hashlib
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import torch
from torch import Tensor

SHA256 = "a96ab5387644411f4eaac9a41275b7c6db6a101772b7dea6567edb5e72a7e363"


@dataclass(frozen=True)
class Digits:
    """Images with the digit that each one shows.

    Attributes:
        images: levels 0 to Q − 1, row by row from the top, shape (n, d), integers.
        labels: 0 to 9, shape (n,), int64.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def split(self, *sizes: int) -> tuple[Digits, ...]:
        """Consecutive parts of the given sizes; what is left over is dropped.

        Raises:
            ValueError: if the sizes are not positive or their sum exceeds the number of images.
        """
        if not all(n > 0 for n in sizes) or sum(sizes) > len(self):
            raise ValueError(
                f"Digits.split: sizes: expected a sum of at most {len(self)}, got {sizes}"
            )
        parts = (t[: sum(sizes)].split(sizes) for t in (self.images, self.labels))
        return tuple(Digits(*part) for part in zip(*parts, strict=True))


def load_digits() -> Digits:
    """All 1797 digits, d = 64 and Q = 17, in one fixed order with each class spread evenly.

    In the file, neighbours are of one writer. Here any stretch has the ten classes in their
    proportions, to a few images, so ``load_digits().split(1257, 180, 360)`` is a stratified split
    into training, validation and test sets: that of the book.

    Raises:
        OSError: if the file is not the one that was published.

    Source: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
        Repository, 1998, https://doi.org/10.24432/C50P49 (CC BY 4.0), the test set.
    """
    packed = files("nflib.course.targets").joinpath("digits.csv.bz2").read_bytes()
    if hashlib.sha256(packed).hexdigest() != SHA256:
        raise OSError("load_digits: digits.csv.bz2: expected the published file, got a changed one")
    table = np.loadtxt(bz2.decompress(packed).decode().splitlines(), delimiter=",", dtype=np.int64)
    # RandomState: numpy keeps its stream the same for ever, which Generator does not promise.
    table = table[np.random.RandomState(0).permutation(len(table))]
    labels, place = table[:, -1], np.empty(len(table))
    for digit in range(10):
        where = np.flatnonzero(labels == digit)
        place[where] = (np.arange(len(where)) + 0.5) / len(where)
    rows = torch.from_numpy(table[np.argsort(place, kind="stable")])
    return Digits(rows[:, :-1].contiguous(), rows[:, -1].contiguous())

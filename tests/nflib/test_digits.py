"""The digits that come with nflib: the published file, read and divided as the book says."""

import bz2
import hashlib
import random
import subprocess
import sys
from importlib.resources import files

import pytest
import torch

from nflib.course.targets import digits, load_digits


def test_there_are_1797_images_of_17_levels_in_ten_classes():
    data = load_digits()
    assert len(data) == 1797 and data.images.shape == (1797, 64)
    assert data.images.dtype == data.labels.dtype == torch.int64
    assert (data.images.min(), data.images.max()) == (0, 16)
    # The counts that UCI publishes for the test set.
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert torch.bincount(data.labels).tolist() == counts


def test_the_file_is_small_and_the_order_loses_no_image():
    packed = files("nflib.course.targets").joinpath("digits.csv.bz2").read_bytes()
    assert len(packed) <= 120_000 and hashlib.sha256(packed).hexdigest() == digits.SHA256
    in_file = sorted(bz2.decompress(packed).decode().split())
    data = load_digits()
    rows = torch.cat([data.images, data.labels[:, None]], dim=1).tolist()
    assert sorted(",".join(map(str, row)) for row in rows) == in_file
    text = files("nflib.course.targets").joinpath("DIGITS.md").read_text("utf8")
    assert digits.SHA256 in text and "CC BY 4.0" in text and "10.24432/C50P49" in text


@pytest.mark.parametrize("sizes", [(1257, 180, 360), (1000, 350, 447)], ids=str)
def test_a_split_is_disjoint_and_stratified(sizes):
    data = load_digits()
    parts = data.split(*sizes)
    assert tuple(map(len, parts)) == sizes
    torch.testing.assert_close(torch.cat([part.images for part in parts]), data.images)
    whole = torch.bincount(data.labels) / len(data)
    for part in parts:
        counts = torch.bincount(part.labels, minlength=10)
        assert bool(((counts - len(part) * whole).abs() <= 2).all())


def test_what_is_left_over_by_a_split_is_dropped():
    data = load_digits()
    (first,) = data.split(100)
    assert len(first) == 100 and torch.equal(first.images, data.images[:100])


def test_the_order_is_the_same_whatever_the_global_seeds():
    first = load_digits()
    torch.manual_seed(random.randrange(1000))
    assert torch.equal(load_digits().images, first.images)
    assert first.labels[:12].tolist() == load_digits().labels[:12].tolist()


def test_sizes_that_do_not_fit_are_refused():
    for sizes in ((1797, 1), (0, 5), (-1, 3)):
        with pytest.raises(ValueError, match=r"Digits.split: sizes: expected"):
            load_digits().split(*sizes)


def test_a_changed_file_is_refused(monkeypatch):
    monkeypatch.setattr(digits, "SHA256", "0" * 64)
    with pytest.raises(OSError, match="expected the published file"):
        load_digits()


def test_no_scikit_learn_is_needed():
    code = "import sys; sys.modules['sklearn'] = None; from nflib.course.targets import load_digits; load_digits()"
    subprocess.run([sys.executable, "-c", code], check=True)

"""The cells of chapter 9 that train on MNIST run here with a false torchvision: no network, no GPU."""

import math
import sys
from functools import partial
from types import ModuleType

import jupytext
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

import nflib
from nflib.course.targets import load_digits
from tools.course import EDITIONS, ROOT

CELLS = ("class Convolutions", "def multiscale", "def image_sets", "def train_images")


@pytest.fixture(params=EDITIONS)
def page(request) -> dict:
    """The names that the cells define, after those which earlier cells of the page define."""
    further = ROOT / f"book/{request.param}/09-images_further.md"
    cells = jupytext.read(further, fmt="md:myst").cells
    names = {name: getattr(nflib, name) for name in nflib.__all__}
    names |= {"torch": torch, "nn": nn, "math": math, "partial": partial}
    names |= {"OneCycleLR": OneCycleLR, "load_digits": load_digits}
    names["seed"] = lambda n: torch.Generator().manual_seed(n)
    for start in CELLS:
        (source,) = (c.source for c in cells if c.cell_type == "code" and start in c.source)
        exec(source, names)
    return names


@pytest.fixture
def calls(monkeypatch) -> list:
    """The requests to a false torchvision.datasets.MNIST, which answers with 300 random images."""
    asked = []

    class MNIST:
        def __init__(self, root, train, download):
            asked.append((root, train, download))
            generator = torch.Generator().manual_seed(int(train))
            shape = (300, 28, 28)
            self.data = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)

    package, datasets = ModuleType("torchvision"), ModuleType("torchvision.datasets")
    datasets.MNIST = MNIST
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    return asked


def test_torchvision_downloads_both_parts_and_they_train_a_flow(page, calls):
    shape, Q, known, unseen = page["image_sets"](True)
    assert calls == [("data", True, True), ("data", False, True)]
    assert (shape, Q) == ((1, 28, 28), 256)
    assert known.shape == unseen.shape == (300, 784)
    assert known.dtype == torch.int64
    flow, cost = page["train_images"](True, 2, 1, 8)
    assert flow.d == 784
    assert 0 < cost < 64
    sample = flow.sample(2, torch.Generator().manual_seed(0))
    assert sample.shape == (2, 784)
    assert sample.cpu().isfinite().all()


def test_without_a_gpu_nothing_is_asked_of_torchvision(page, calls):
    shape, Q, known, unseen = page["image_sets"](False)
    assert calls == []
    assert (shape, Q, len(known), len(unseen)) == ((1, 8, 8), 17, 1257, 360)
    _, cost = page["train_images"](False, 2, 1, 8)
    assert calls == []
    assert math.isfinite(cost)

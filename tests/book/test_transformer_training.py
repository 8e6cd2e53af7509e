"""The cells of chapter 10 that train run where there is no MNIST but the images that come with nflib."""

import sys

import jupytext
import pytest
import torch

from nflib.course.targets import load_mnist
from tools.course import EDITIONS, ROOT


@pytest.mark.parametrize("lang", EDITIONS)
def test_without_mnist_the_cells_train_on_what_comes_with_nflib(lang, monkeypatch):
    monkeypatch.delenv("NFLIB_MNIST", raising=False)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    cells = jupytext.read(ROOT / f"book/{lang}/10-transformer-flows.md", fmt="md:myst").cells
    names: dict = {}
    for start in ("import math", "test = load_mnist()", "sizes = {", "def bits("):
        (source,) = (c.source for c in cells if c.cell_type == "code" and start in c.source)
        exec(source.replace("else 150", "else 2").partition("\ngiven =")[0], names)
    train, test = names["train"], names["test"]
    assert (len(train), len(test)) == (800, 200) and not names["full"]
    whole = load_mnist()
    assert torch.equal(torch.cat([train.images, test.images]), whole.images)
    assert (names["labels"].sum(-1) == (torch.arange(800) % 10 > 0)).all()  # one in ten left out
    cost = names["bits"](names["small"], test.images[:20], torch.eye(10)[test.labels[:20]])
    assert bool((cost > 0.5).all() and (cost < 8).all())

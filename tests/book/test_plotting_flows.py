"""The figures of the chapter on flows show what they are given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from nflib.course import plotting


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_chain_shows_each_cloud_with_the_colours_of_the_groups():
    clouds = {"a": torch.zeros(3, 2), "b": torch.tensor([[1.0, 2.0], [0.0, 1.0], [2.0, 0.0]])}
    axes = plotting.chain(clouds, torch.tensor([0, 1, 1]))
    assert [axis.get_title() for axis in axes] == ["a", "b"]
    dots = axes[1].collections[0]
    assert np.allclose(dots.get_offsets(), clouds["b"].numpy())
    colours = dots.get_facecolors()
    assert np.allclose(colours[1], colours[2]) and not np.allclose(colours[0], colours[1])


@pytest.mark.parametrize("log", [False, True])
def test_line_fits_shows_the_truth_in_every_panel(log):
    x = torch.linspace(-1, 1, 5)
    axes = plotting.line_fits(x, x.abs(), {"one": x**2, "two": x**4}, log=log)
    for axis, fit in zip(axes, (x**2, x**4), strict=True):
        truth, shown = (line.get_ydata() for line in axis.lines)
        assert np.allclose(truth, x.abs().numpy()) and np.allclose(shown, fit.numpy())
        assert axis.get_yscale() == ("log" if log else "linear")


def test_two_ways_writes_all_its_texts():
    axis = plotting.two_ways(["z", "base"], ["x"], ["f", "sample"], ["h", "encode"])
    assert [text.get_text() for text in axis.texts] == [
        "z\nbase",
        "x",
        "f",
        "sample",
        "h",
        "encode",
    ]

"""Small images: each is where it belongs, and what is not known of it is crossed out."""

import math

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.collections import LineCollection

from nflib.course import plotting

pytestmark = pytest.mark.usefixtures("house_style")


def test_rows_cross_out_what_is_not_known():
    image = torch.arange(64.0) / 4
    image[50:] = math.nan
    axes = plotting.image_rows({"row": image[None]})
    strokes = next(c for c in axes[0].collections if isinstance(c, LineCollection))
    assert len(strokes.get_segments()) == 14
    assert axes[0].images[0].get_array()[6, 1] == pytest.approx(49 / 4)


def test_grids_put_each_image_in_its_place():
    images = torch.arange(5.0)[:, None].expand(5, 64)
    *grids, below = plotting.image_grids(
        {"left": images, "right": images[:3]}, columns=2, below=1.0
    )
    assert [axis.get_title() for axis in grids] == ["left", "right"]
    picture = grids[0].images[0].get_array()
    assert picture.shape == (3 * 9 + 1, 2 * 9 + 1)
    for k in range(5):
        row, column = divmod(k, 2)
        part = picture[9 * row + 1 : 9 * row + 9, 9 * column + 1 : 9 * column + 9]
        assert (part == k).all()
    assert not below.images


def test_interpolations_show_both_ways_of_each_pair():
    ways = torch.rand(9, 64, generator=torch.Generator().manual_seed(0)), torch.zeros(9, 64)
    plotting.interpolations([ways, ways], ("arc", "pixels"))
    axes = plt.gcf().axes
    assert [axis.texts[0].get_text() for axis in axes] == ["arc", "pixels"] * 2
    assert axes[0].images[0].get_array().shape == (8, 9 * 9 - 1)


def test_image_sheets_frame_each_image_and_leave_the_unknown_pale():
    images = torch.arange(3.0)[:, None].repeat(1, 784)
    images[2, :100] = torch.nan
    first, second = plotting.image_sheets({"all": images, "one": images[:1]}, columns=2)
    assert [axis.get_title() for axis in (first, second)] == ["all", "one"]
    picture = first.images[0].get_array()
    assert picture.shape == (2 * 30 + 2, 2 * 30 + 2)
    for k in range(2):
        assert (picture[2:30, 30 * k + 2 : 30 * k + 30] == k).all()
    assert (picture[:2] == -1).all() and (picture[:, 30:32] == -1).all()  # the frame
    assert picture.mask[32:60, 2:30].sum() == 100 and second.images[0].get_array().shape == (32, 62)
    ink = first.images[0].cmap
    assert ink(0.0) == (1, 1, 1, 1) and ink.get_under().tolist() != ink.get_bad().tolist()

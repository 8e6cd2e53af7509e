"""Figures of images: bars are masses, pictures are where they belong, names are in their ink."""

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from nflib.course import plotting


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


def test_levels_draws_a_bar_for_each_mass_and_cuts_needles_off():
    P = torch.tensor([0.5, 0.2, 0.3])
    axis = plotting.panels(1)[0]
    plotting.levels(axis, P, {"needles": (lambda y: 1000 + 0 * y, plotting.ERROR)})
    assert [bar.get_height() for bar in axis.patches] == pytest.approx(P.tolist())
    assert [bar.get_x() + bar.get_width() / 2 for bar in axis.patches] == [0.5, 1.5, 2.5]
    assert axis.get_ylim()[1] < 1
    assert axis.lines[0].get_linestyle() == "--"


def test_descent_names_each_curve_at_its_end_and_marks_the_floor():
    axis = plotting.panels(1)[0]
    plotting.descent(axis, [1, 2], {"a": ([5.0, 4.0], plotting.MODEL)}, {"floor": 3.0})
    named = {text.get_text(): text.xy for text in axis.texts}
    assert named == {"a": (2, 4.0), "floor": (2, 3.0)}
    assert list(axis.lines[1].get_ydata()) == [3.0, 3.0]


def test_mosaic_puts_each_image_in_its_place():
    images = torch.arange(5.0)[:, None].expand(5, 64)
    *sheets, below = plotting.mosaic({"left": images, "right": images[:3]}, columns=2, below=1.0)
    assert [axis.get_title() for axis in sheets] == ["left", "right"]
    picture = sheets[0].images[0].get_array()
    assert picture.shape == (3 * 9 + 1, 2 * 9 + 1)
    for k in range(5):
        row, column = divmod(k, 2)
        part = picture[9 * row + 1 : 9 * row + 9, 9 * column + 1 : 9 * column + 9]
        assert (part == k).all()
    assert not below.images


def test_paths_shows_both_ways_of_each_pair():
    ways = torch.rand(9, 64, generator=torch.Generator().manual_seed(0)), torch.zeros(9, 64)
    plotting.paths([ways, ways], ("arc", "pixels"))
    axes = plt.gcf().axes
    assert [axis.texts[0].get_text() for axis in axes] == ["arc", "pixels"] * 2
    assert axes[0].images[0].get_array().shape == (8, 9 * 9 - 1)

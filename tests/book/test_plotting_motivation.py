"""The figures of the first chapter encode what they say."""

import math

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection, PolyCollection

from nflib.course import plotting


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


def polygon_area(points):
    x, y = points[:, 0], points[:, 1]
    ahead = [*range(1, len(x)), 0]
    return 0.5 * float((x * y[ahead] - y * x[ahead]).sum())


def test_journey_carries_squares_and_keeps_their_colours():
    matrix = torch.tensor([[1.5, 0.2], [-0.3, 0.8]])
    start, end = plotting.journey({"a": lambda z: z, "b": lambda z: z @ matrix.mT}, cells=4)
    before, after = (
        next(c for c in axis.collections if isinstance(c, PolyCollection)) for axis in (start, end)
    )
    assert len(before.get_paths()) == 16
    for path, image in zip(before.get_paths(), after.get_paths(), strict=True):
        size, moved = polygon_area(path.vertices[:-1]), polygon_area(image.vertices[:-1])
        assert size == pytest.approx(25 / 16, abs=1e-5)
        assert moved == pytest.approx(size * float(matrix.det()), abs=1e-4)
    assert (before.get_facecolors() == after.get_facecolors()).all()
    assert len({tuple(c[:3]) for c in before.get_facecolors()}) == 4


def test_digits_cross_out_what_is_not_known():
    image = torch.arange(64.0) / 4
    image[50:] = math.nan
    axes = plotting.digits({"row": image[None]})
    strokes = next(c for c in axes[0].collections if isinstance(c, LineCollection))
    assert len(strokes.get_segments()) == 14
    assert axes[0].images[0].get_array()[6, 1] == pytest.approx(49 / 4)


def test_families_show_the_data_and_one_density_a_panel():
    data = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    names = {"one": lambda x: -(x**2).sum(-1), "two": lambda x: -(x**2).sum(-1) / 4}
    axes = plotting.families(data, names, (-2, -2), (2, 2))
    assert len(axes[0].collections[0].get_offsets()) == 50
    assert [axis.get_title() for axis in axes[:3]] == ["", "one", "two"]
    assert all(len(axis.images) == 1 for axis in axes[1:3])


def test_score_histograms_share_their_bins():
    scores = torch.randn(2, 400, generator=torch.Generator().manual_seed(0))
    groups = {"a": (scores[0], plotting.DATA), "b": (scores[1] + 3, plotting.MODEL)}
    axis = plotting.score_histograms(plotting.panels(1)[0], groups, threshold=1.5)
    filled = [p.get_path().vertices[:, 0] for p in axis.patches[::2]]
    assert filled[0].min() == pytest.approx(filled[1].min())
    assert filled[0].max() == pytest.approx(filled[1].max())
    assert {text.get_text() for text in axis.texts} == {"a", "b"}

"""The fixtures of the tests of the book: the house style, the scripts of a figure, float64."""

import matplotlib
import matplotlib.pyplot as plt
import pytest
import torch

from nflib.course import plotting
from tests.book.figures import Engine


@pytest.fixture
def house_style():
    """Draw in the house style, without a window; close the figures afterwards."""
    matplotlib.use("Agg")
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


@pytest.fixture(scope="module")
def engine(request) -> Engine:
    """The scripts of the figure that the module of the test, test_interactive_NAME, is about."""
    return Engine(request.module.__name__.rpartition("test_interactive_")[2])


@pytest.fixture
def float64():
    """Make tensors in double precision: the numbers of JavaScript."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)

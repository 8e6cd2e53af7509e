"""The house style: inks that show on light and dark pages, pictures that say nothing of the day."""

import pytest

from nflib.course import plotting
from tests.book.pictures import contrast

pytestmark = pytest.mark.usefixtures("house_style")


@pytest.mark.parametrize("ink", ("BASE", "MODEL", "DATA", "TARGET", "ERROR"))
@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_inks_show_on_light_and_dark_pages(ink, page):
    assert 3.8 <= contrast(getattr(plotting, ink), page) <= 4.8


def test_figures_have_no_background_and_no_date(tmp_path):
    figure = plotting.panels(1)[0].figure
    pictures = []
    for name in ("a.svg", "b.svg"):
        figure.savefig(tmp_path / name, metadata={"Date": None})
        pictures.append((tmp_path / name).read_text())
    assert pictures[0] == pictures[1]
    assert "fill: #ffffff" not in pictures[0]

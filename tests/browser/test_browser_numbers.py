"""Interactive figures on their pages: when one moves a control, they show and say what V8 computes of the state.

That these are nflib's numbers is what tests/book/test_interactive_NAME.py compares.
"""

import pytest
from playwright.sync_api import expect

from tests.book.built_site import pages_with
from tests.book.figures import Engine

pytestmark = pytest.mark.browser

# figure: slider, key, how often it is pressed, the value that the slider has then
DRIVEN = {
    "arithmetic": [("s", "Home", 1, 0), ("s", "ArrowRight", 30, 1.5)],
    "columns": [("a22", "Home", 1, -1.5), ("a22", "ArrowRight", 7, -1.15)],
    "dequantize": [("power", "Home", 1, -2), ("power", "ArrowRight", 28, -0.6), ("power", "End", 1, 1)],
    "jacobi": [("k", "Home", 1, 0), ("k", "ArrowRight", 5, 5), ("k", "End", 1, 11)],
    "layers": [("t", "Home", 1, 0), ("t", "ArrowRight", 20, 1), ("column", "Home", 1, 1)],
    "planar": [("bend", "End", 1, 4), ("bend", "ArrowLeft", 30, 2.5), ("bend", "Home", 1, -2)],
    "spline": [("z", "Home", 1, -3), ("z", "ArrowRight", 72, 0.6)],
    "squeeze": [("t", "Home", 1, 0), ("t", "ArrowRight", 37, 0.37), ("t", "End", 1, 1)],
    "tear": [("K", "Home", 1, 1), ("K", "ArrowRight", 1, 2), ("K", "End", 1, 12)],
    "zoom": [("zoom", "Home", 1, 0), ("zoom", "ArrowRight", 23, 2.3), ("zoom", "End", 1, 6)],
}  # fmt: skip


@pytest.fixture
def engine(request) -> Engine:
    return Engine(request.param)


def shown(figure) -> dict[str, float]:
    """Return the numbers that a figure shows, with all their digits."""
    pairs = "elements => elements.map(element => [element.dataset.key, Number(element.value)])"
    return dict(figure.locator("data").evaluate_all(pairs))


@pytest.mark.parametrize(
    ("engine", "path"),
    [(name, path) for name in DRIVEN for path in pages_with(name)],
    indirect=["engine"],
)
def test_a_figure_answers_to_the_keyboard(visit, engine, path):
    page = visit(path)
    figure, language = page.locator(f"[data-interactive={engine.name}]"), path[:2]
    state, before = {}, None
    for control, key, times, value in DRIVEN[engine.name]:
        slider = figure.get_by_role("slider").and_(figure.locator(f"[data-control={control}]"))
        slider.focus()
        for _ in range(times):
            page.keyboard.press(key)
        state[control] = value
        assert shown(figure) != before
        before = shown(figure)
        assert before == pytest.approx(engine.numbers(**state), abs=1e-9), (control, value)
        drawn = engine.svg(language, **state).get("aria-label")
        assert figure.locator("svg").get_attribute("aria-label") == drawn
    said = engine.draw(language, engine.state(**state), "summary")
    expect(figure.locator("[aria-live=polite]")).to_have_text(said)


@pytest.mark.parametrize(
    ("engine", "path"), [("columns", path) for path in pages_with("columns")], indirect=["engine"]
)
def test_columns_follow_the_mouse(visit, engine, path):
    page = visit(path)
    figure = page.locator("[data-interactive=columns]")
    handle = figure.locator("[data-drag='2']")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y - 60, steps=4)
    page.mouse.up()
    page.mouse.move(x, y)  # after the release nothing follows the pointer
    keys = ("a12", "a22")
    moved = {k: float(figure.locator(f"[data-control={k}]").input_value()) for k in keys}
    assert moved["a12"] > -0.5 and moved["a22"] > 1
    assert shown(figure) == pytest.approx(engine.numbers(**moved), abs=1e-9)

"""Interactive figures in a browser: labels, controls, focus, paper, animation; each on a page of its own."""

import pytest
from playwright.sync_api import expect

from tests.book.built_site import pages_with
from tests.book.figures import FOLDER, NAMES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("path", pages_with("squeeze"))
def test_figure_is_a_picture_without_javascript(browser, host, path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{host}/{path}")
    assert page.locator("[data-interactive] svg").bounding_box()["height"] > 200
    context.close()


@pytest.fixture(params=NAMES)
def figure(request, page, tmp_path):
    """Open a page of its own that holds one figure, from a file: no server, no site."""
    (tmp_path / "figure.html").write_text(f"""<!doctype html><html lang="es"><meta charset="utf-8">
      <link rel="stylesheet" href="{(FOLDER / "interactive.css").as_uri()}">
      <script defer src="{(FOLDER / "common.js").as_uri()}"></script>
      <script defer src="{(FOLDER / f"{request.param}.js").as_uri()}"></script><body style="margin: 0">
      <div class="interactive-body" data-interactive="{request.param}" data-lang="es"></div>""")
    page.set_viewport_size({"width": 720, "height": 900})
    page.goto((tmp_path / "figure.html").as_uri())
    page.locator("svg").wait_for()
    return page


# Pairs of texts of the drawing whose boxes overlap, and texts that leave the drawing.
LABEL_FAULTS = r"""() => {
  const box = (e) => e.getBoundingClientRect();
  const frame = box(document.querySelector("svg"));
  const texts = [...document.querySelectorAll("svg text")].map((e) => [e.textContent, box(e)]);
  const faults = [];
  texts.forEach(([a, p], k) => {
    if (p.left < frame.left - 1 || p.right > frame.right + 1 || p.bottom > frame.bottom + 1)
      faults.push(`${a} leaves the drawing`);
    for (const [b, q] of texts.slice(k + 1))
      if (p.left < q.right && q.left < p.right && p.top + 3 < q.bottom && q.top + 3 < p.bottom)
        faults.push(`${a} covers ${b}`);
  });
  return faults;
}"""


def test_labels_do_not_collide(figure):
    for width in (320, 358, 460, 720):
        figure.set_viewport_size({"width": width, "height": 900})
        figure.wait_for_function(f"document.querySelector('svg').viewBox.baseVal.width === {width}")
        for select in figure.locator("select").all():
            for value in select.locator("option").evaluate_all("all => all.map(e => e.value)"):
                select.select_option(value)
                for key in ("Home", "End"):
                    figure.locator("input[type=range]").first.press(key)
                    assert figure.evaluate(LABEL_FAULTS) == [], f"{width} px, {value}, {key}"
        assert figure.evaluate("document.documentElement.scrollWidth") <= width


def test_controls_are_named_and_large_enough(figure):
    figure.set_viewport_size({"width": 390, "height": 900})
    for control in figure.locator("input, select, button").all():
        box = control.bounding_box()
        assert min(box["width"], box["height"]) >= 24
        named = "e => (e.labels?.[0] ?? e).textContent.trim().length > 0"
        assert control.evaluate(named)


def test_focus_stays_on_the_control(figure):
    slider = figure.locator("input[type=range]").first
    slider.focus()
    figure.keyboard.press("End")
    figure.keyboard.press("ArrowLeft")
    assert slider.evaluate("e => e === document.activeElement")


def test_figure_on_paper_has_no_controls(figure):
    figure.emulate_media(media="print")
    assert not figure.locator(".nf-controls").is_visible()
    assert figure.locator("svg").is_visible()
    figure.emulate_media(media="screen", reduced_motion="reduce")
    assert figure.locator(".nf-play:visible").count() == 0


@pytest.fixture
def play_button(figure):
    button = figure.locator(".nf-play")
    if button.count() == 0:
        pytest.skip("this figure has nothing to play")
    return button


def still_after(figure, milliseconds: int) -> bool:
    """Tell whether a drawing stays as it is for some time."""
    before = figure.locator("svg").inner_html()
    figure.wait_for_timeout(milliseconds)
    return figure.locator("svg").inner_html() == before


def test_play_button_moves_and_stops(figure, play_button):
    play_button.click()
    assert not still_after(figure, 300)
    play_button.click()
    assert still_after(figure, 200)


def test_a_hand_on_a_slider_stops_the_animation(figure, play_button):
    play_button.click()
    figure.wait_for_timeout(100)
    figure.locator("input[type=range]").first.press("Home")
    assert still_after(figure, 200)


@pytest.mark.parametrize("figure", ["squeeze"], indirect=True)
def test_a_click_highlights_a_bin(figure):
    figure.locator("rect.nf-base").nth(1).click()
    assert figure.locator("[data-control=bin]").input_value() == "2"


@pytest.mark.parametrize("figure", ["spline"], indirect=True)
def test_a_knot_of_the_spline_follows_the_mouse(figure):
    preset = figure.locator("[data-control=preset]")
    preset.select_option("identity")
    assert float(figure.locator("data[data-key=x]").get_attribute("value")) == pytest.approx(1)
    handle = figure.locator("[data-drag='2']").bounding_box()
    x0, y0 = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    figure.mouse.move(x0, y0)
    figure.mouse.down()
    figure.mouse.move(x0, y0 - 40)
    figure.mouse.up()
    assert preset.input_value() == "free"
    assert float(figure.locator("[data-control=kx]").input_value()) > 0.3
    expect(figure.locator("[aria-live=polite]")).to_contain_text("modas")

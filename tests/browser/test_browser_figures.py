"""Interactive figures in a browser: labels, controls, focus, paper, animation; each on a page of its own."""

import pytest
from playwright.sync_api import expect

from tests.book.built_site import pages_with
from tests.book.figures import FOLDER, NAMES, Engine

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
      <figure id="fig-it" style="margin: 0">
      <div class="interactive-body" data-interactive="{request.param}" data-lang="es"></div></figure>""")
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


# The drawing is as wide as its place, which controls beside it may narrow
FITS = """() => document.querySelector("svg").viewBox.baseVal.width
  === Math.max(document.querySelector(".nf-stage").clientWidth, 280)"""


def test_labels_do_not_collide(figure):
    for width in (320, 358, 460, 720):
        figure.set_viewport_size({"width": width, "height": 900})
        figure.wait_for_function(FITS)
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


def assert_moves(figure):
    """Wait until a drawing is not what it was."""
    changed = "before => document.querySelector('svg').innerHTML !== before"
    figure.wait_for_function(changed, arg=figure.locator("svg").inner_html(), timeout=3000)


def test_play_button_moves_and_stops(figure, play_button):
    play_button.click()
    assert_moves(figure)
    play_button.click()
    assert still_after(figure, 500)


def test_less_motion_starts_nothing_by_itself(figure, play_button, tmp_path):
    html = tmp_path / "figure.html"
    html.write_text(html.read_text().replace("data-lang", "data-play data-lang"))
    figure.reload()
    assert_moves(figure)
    figure.emulate_media(reduced_motion="reduce")
    figure.reload()
    assert still_after(figure, 500)
    play_button.click()  # who wants it can have it
    assert_moves(figure)


def test_reset_leads_back(figure):
    first = figure.locator("svg").inner_html()
    figure.locator("input[type=range]").first.press("End")
    figure.locator("input[type=range]").first.press("ArrowLeft")
    assert figure.locator("svg").inner_html() != first
    figure.locator(".nf-reset").click()
    assert figure.locator("svg").inner_html() == first


def test_what_is_set_stands_in_the_address_and_comes_back(figure):
    figure.locator("input[type=range]").first.press("End")
    figure.locator("input[type=range]").first.press("ArrowLeft")
    figure.wait_for_function(
        "location.hash.includes(`=${document.querySelector('input[type=range]').value}`)"
    )
    drawn = figure.locator("svg").inner_html()
    figure.reload()
    figure.locator("svg").wait_for()
    assert figure.locator("svg").inner_html() == drawn
    figure.locator(".nf-reset").click()
    assert "#" not in figure.url


def test_a_hand_on_a_slider_stops_the_animation(figure, play_button):
    play_button.click()
    figure.wait_for_timeout(100)
    figure.locator("input[type=range]").first.press("Home")
    assert still_after(figure, 500)


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


DRAGGED = [name for name in NAMES if "data-drag" in (FOLDER / f"{name}.js").read_text("utf8")]


@pytest.mark.parametrize("figure", DRAGGED, indirect=True)
def test_a_finger_drags(figure):
    """The page neither takes the finger for scrolling nor moves; the last place is what counts."""
    figure.set_viewport_size({"width": 390, "height": 500})
    figure.add_style_tag(content="body { padding-bottom: 999px }")
    box = figure.locator("[data-drag]").last.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    figure.evaluate("""() => {
      globalThis.seen = [];
      for (const kind of ["pointermove", "pointercancel"])
        document.addEventListener(kind, (event) => seen.push(event.type));
    }""")
    first, finger = figure.locator("svg").inner_html(), figure.context.new_cdp_session(figure)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    kinds = ["touchStart", *["touchMove"] * 12, "touchEnd"]
    for k, kind in enumerate(kinds):
        points = [] if kind == "touchEnd" else [{"x": x + 3 * k, "y": y - 5 * k}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        figure.evaluate("new Promise(requestAnimationFrame)")
    assert figure.evaluate("seen") == ["pointermove"] * 12
    assert figure.evaluate("scrollY") == 0
    assert figure.locator("svg").inner_html() != first


def numbers(figure) -> dict[str, float]:
    """Return the numbers that a figure shows, with all their digits."""
    pairs = "elements => elements.map(element => [element.dataset.key, Number(element.value)])"
    return dict(figure.locator("data").evaluate_all(pairs))


@pytest.mark.parametrize("figure", ["arithmetic"], indirect=True)
def test_arrows_move_the_point_of_the_square(figure):
    engine = Engine("arithmetic")
    u = engine.state()["u"]
    figure.keyboard.press("Tab")
    for key, times in (("ArrowUp", 9), ("ArrowRight", 12)):
        for _ in range(times):
            figure.keyboard.press(key)
    moved = engine.numbers(u=[u[0] + 0.24, u[1] + 0.18])
    assert numbers(figure) == pytest.approx(moved, abs=1e-9)
    assert moved["P"] != engine.numbers()["P"]
    figure.keyboard.press("Tab")
    assert figure.locator("[data-control=s]").evaluate("e => e === document.activeElement")


@pytest.mark.parametrize("figure", ["arithmetic"], indirect=True)
def test_the_point_goes_where_one_presses_and_a_cell_leads_back_to_its_box(figure):
    square = figure.locator("[data-drag=u]").bounding_box()
    figure.mouse.click(square["x"] + 0.9 * square["width"], square["y"] + 0.1 * square["height"])
    expected = Engine("arithmetic").numbers(u=[0.9, 0.9])
    assert numbers(figure) == pytest.approx(expected, abs=1e-9)
    figure.locator("[data-pick]").first.click()
    assert figure.locator("caption").inner_text().endswith("(0, 0)")


@pytest.mark.parametrize("figure", ["jacobi"], indirect=True)
def test_sweeps_are_made_one_by_one_and_another_draw_begins_again(figure):
    figure.locator(".nf-step").first.focus()
    for k in range(4, 13):
        figure.keyboard.press("Enter")
        assert numbers(figure) == Engine("jacobi").numbers(k=k)
    expect(figure.locator("[aria-live=polite]")).to_contain_text("es la muestra")
    figure.keyboard.press("Tab")
    figure.keyboard.press("Space")
    assert numbers(figure) == Engine("jacobi").numbers(draw=5)


@pytest.mark.parametrize("figure", ["arithmetic", "jacobi"], indirect=True)
def test_on_a_phone_all_is_seen_at_once(figure):
    figure.set_viewport_size({"width": 390, "height": 850})
    figure.wait_for_function(FITS)
    assert figure.locator(".interactive-body").bounding_box()["height"] <= 700
    assert figure.evaluate("document.documentElement.scrollWidth") <= 390

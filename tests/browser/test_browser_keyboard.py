"""The course without a mouse: every control is reached, says where it is, does its work and lets go."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import THEMES, show, violations
from tests.browser.test_browser_pages import KINDS

pytestmark = pytest.mark.browser

# It has folded code, dropdowns, wide code and an interactive figure
CHAPTER = "es/02-densities.html"


@pytest.fixture
def chapter(visit):
    """Open a chapter in a wide window."""
    return visit(CHAPTER)


@pytest.fixture
def on_a_phone(visit):
    """Open the same chapter on a phone."""
    return visit(CHAPTER, phone=True)


def focused(page, selector) -> bool:
    """Tell whether the focus is on what a selector names, or in it."""
    return page.evaluate("(selector) => !!document.activeElement.closest(selector)", selector)


def tab_to(page, selector, most=40):
    """Press the tab key until the focus is there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page, selector):
            return
    raise AssertionError(f"{selector} is not within {most} tabs")


def test_skip_link_comes_first_and_skips(chapter):
    chapter.keyboard.press("Tab")
    assert focused(chapter, "#pst-skip-link")
    assert chapter.locator("#pst-skip-link a").bounding_box()["y"] >= 0, "not seen"
    chapter.keyboard.press("Enter")
    chapter.keyboard.press("Tab")
    assert focused(chapter, "#main-content"), "the next stop is not in the text"


def test_header_is_reached_in_the_order_in_which_it_is_seen(chapter):
    chapter.keyboard.press("Tab")
    chapter.keyboard.press("Enter")  # over the index of the course
    stops = [".primary-toggle", ".nf-download", ".nf-editions a", ".theme-switch-button"]
    at = []
    for stop in stops:
        tab_to(chapter, stop, most=5)
        at.append(chapter.evaluate("document.activeElement.getBoundingClientRect().x"))
    assert at == sorted(at)


def test_theme_switch_goes_round_and_is_remembered(chapter):
    switch = chapter.locator(".theme-switch-button:visible")
    switch.focus()
    seen = []
    for _ in range(3):
        chapter.keyboard.press("Enter")
        seen.append(chapter.evaluate("document.documentElement.dataset.mode"))
    assert sorted(seen) == ["auto", "dark", "light"]
    while chapter.evaluate("document.documentElement.dataset.mode") != "dark":
        chapter.keyboard.press("Enter")
    chapter.reload()
    assert chapter.evaluate("document.documentElement.dataset.theme") == "dark"
    chapter.evaluate("localStorage.clear()")


def test_index_of_the_course_folds(chapter):
    index, toggle = chapter.locator("#pst-primary-sidebar"), chapter.locator(".primary-toggle")
    expect(index).to_be_visible()
    toggle.focus()
    chapter.keyboard.press("Enter")
    expect(index).not_to_be_visible()
    chapter.keyboard.press("Enter")
    expect(index).to_be_visible()


@pytest.mark.parametrize("side", ["primary", "secondary"])
def test_menu_of_a_phone_opens_holds_the_focus_and_closes(on_a_phone, side):
    page = on_a_phone
    toggle, menu = page.locator(f".{side}-toggle"), f"#pst-{side}-sidebar-modal"
    toggle.focus()
    page.keyboard.press("Enter")
    expect(page.locator(menu)).to_be_visible()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert focused(page, f"{menu}, body:focus"), "the focus left an open menu"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Escape")
    expect(page.locator(menu)).not_to_be_visible()
    expect(toggle).to_be_focused()


@pytest.mark.parametrize("opened", ["#pst-primary-sidebar-modal", "#pst-search-dialog"])
def test_what_opens_over_the_page_is_accessible(on_a_phone, opened):
    if "search" in opened:
        on_a_phone.keyboard.press("Control+k")
    else:
        on_a_phone.locator(".primary-toggle").click()
    expect(on_a_phone.locator(opened)).to_be_visible()
    assert violations(on_a_phone) == []


def test_folded_code_opens_and_what_is_wide_in_it_can_be_scrolled(on_a_phone):
    chapter = on_a_phone
    folded = chapter.locator("div.cell details.hide:has(pre)").first
    summary, code = folded.locator("summary"), folded.locator("pre").first
    summary.focus()
    chapter.keyboard.press("Enter")
    expect(code).to_be_visible()
    expect(code).to_have_attribute("tabindex", "0")  # the theme waits 300 ms before it looks
    chapter.keyboard.press("Tab")
    assert focused(chapter, "details.hide"), "the next stop is not in what was opened"
    code.focus()
    chapter.keyboard.press("ArrowRight")
    chapter.wait_for_function("document.activeElement.scrollLeft > 0")
    summary.focus()
    chapter.keyboard.press("Space")
    expect(code).not_to_be_visible()


def test_folded_proof_opens_and_closes(chapter):
    proof = chapter.locator("details.sd-dropdown").first
    proof.locator("summary").focus()
    for key, is_open in (("Enter", True), ("Enter", False), ("Space", True)):
        chapter.keyboard.press(key)
        assert proof.evaluate("e => e.open") == is_open


def test_interactive_figure_is_reached_and_left(chapter):
    chapter.locator("[data-interactive]").first.scroll_into_view_if_needed()
    chapter.evaluate("document.querySelector('[data-interactive] input').focus()")
    controls = chapter.locator("[data-interactive]").first.locator("input, select, button")
    for _ in range(controls.count()):
        assert focused(chapter, "[data-interactive]")
        chapter.keyboard.press("Tab")
    tab_to(chapter, "article :not([data-interactive] *)", most=3)


# Focus what can be focused, one after the other; tell what looks the same with and without it.
UNSEEN_FOCUS = r"""() => {
  const look = (element) => [element, element.parentElement].map((e) => {
    const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor } = getComputedStyle(e);
    const line = outlineStyle === "none" ? "" : outlineWidth + outlineColor;
    return [line, boxShadow, borderColor, backgroundColor].join();
  }).join();
  const unseen = [];
  for (const e of document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")) {
    if (!e.checkVisibility({ visibilityProperty: true })) continue;
    document.activeElement.blur();
    const before = look(e);
    e.focus({ preventScroll: true });
    if (document.activeElement === e && look(e) === before) unseen.push(e.outerHTML.slice(0, 120));
  }
  return unseen;
}"""


@pytest.mark.parametrize("path", KINDS)
def test_focus_is_seen_wherever_it_is(visit, path):
    page = visit(f"{path}#here")
    page.keyboard.press("Tab")  # now the browser shows the focus, as to who uses the keyboard
    for theme in THEMES:
        show(page, theme)
        assert page.evaluate(UNSEEN_FOCUS) == []

"""Every page in a real browser: phone and desktop, light and dark, without network, for every reader."""

import json
import re
from pathlib import Path

import pytest

from tests.book.built_site import PAGES, SITE, address
from tests.browser.accessibility import show, violations

pytestmark = pytest.mark.browser

PATHS = [address(page) for page in PAGES]
CHAPTERS = [path for path in PATHS if re.fullmatch(r"e[sn]/\d\d-[\w-]+\.html", path)]
ALONE = [name for name in ("index.html", "404.html") if (SITE / name).exists()]  # of no edition
OTHER = {"es": "en", "en": "es"}
# Themes and widths; 320 px is 1280 px enlarged to 400 %
LAYOUTS = [("light", 320), ("light", 390), ("dark", 390), ("dark", 1280), ("light", 1280)]

# One page of each kind: what is laid out in another way than the rest.
KINDS = ["index", "02-densities", "05-flows", "exercises/02-densities", "solutions/02-densities"]
KINDS += ["exercises", "gallery", "glossary", "references", "verification", "search"]
KINDS += ["lecture", "sheet", "nflib", "peers", "api", "api-training", "api-planar"]
KINDS = [f"es/{name}.html" for name in KINDS]
KINDS = [path for path in KINDS if path in PATHS] + ALONE

# Faults that do not depend on width or theme, and that only a browser sees.
CONTENT_FAULTS = r"""() => {
  const faults = [];
  const show = (element) => element.outerHTML.slice(0, 160);
  for (const formula of document.querySelectorAll("article .katex"))
    if (!formula.checkVisibility() && !formula.closest("details, .onlyprint, .nf-hidden"))
      faults.push("formula not visible: " + show(formula));
  for (const formula of document.querySelectorAll(".math:not(:has(.katex)), .katex-error"))
    faults.push("formula not rendered: " + show(formula));
  for (const image of document.querySelectorAll("img"))
    if (image.complete && image.naturalWidth === 0) faults.push("image not loaded: " + show(image));
  for (const body of document.querySelectorAll("[data-interactive]"))
    if (!body.querySelector("svg") || !body.querySelector("input"))
      faults.push("figure not interactive: " + body.dataset.interactive);
  return faults;
}"""

# Faults that do depend on them: sideways scrolling, figures on a sheet of their own.
LAYOUT_FAULTS = r"""() => {
  const faults = [];
  const root = document.documentElement;
  const inside = (element) => {
    for (let e = element.parentElement; e; e = e.parentElement)
      if (getComputedStyle(e).overflowX !== "visible") return true;
    return false;
  };
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !inside(e));
    faults.push(`scrolls sideways (${root.scrollWidth} > ${root.clientWidth}): `
      + wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | "));
  }
  for (const image of document.querySelectorAll("article .cell_output img")) {
    const sheet = getComputedStyle(image).backgroundColor.match(/[\d.]+/g).map(Number); // the theme's
    if (sheet.length < 4 || sheet[3] > 0) faults.push("figure on a sheet of its own: " + image.alt);
  }
  return faults;
}"""


def layout_faults(page, theme, width) -> list[str]:
    """Give an open page a theme and a width, and return what is wrong with its layout."""
    show(page, theme)
    page.set_viewport_size({"width": width, "height": 900})
    return [f"{width} px, {theme}: {fault}" for fault in page.evaluate(LAYOUT_FAULTS)]


@pytest.mark.parametrize("path", PATHS)
def test_page_is_sound(visit, path):
    page = visit(path)
    faults = page.evaluate(CONTENT_FAULTS)
    for layout in LAYOUTS:
        faults += layout_faults(page, *layout)
    faults += violations(page)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", KINDS)
def test_a_page_of_each_kind_is_accessible_on_a_phone(visit, path):
    page = visit(f"{path}#here", phone=True)  # without a fragment, the first page leads elsewhere
    faults = violations(page, settle=500)  # the theme waits 300 ms before it looks for what scrolls
    faults += [fault for theme in ("light", "dark") for fault in layout_faults(page, theme, 390)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("path", CHAPTERS[:1] + CHAPTERS[-1:])
def test_language_switch_keeps_the_page_and_returns(visit, host, path):
    page = visit(path)
    for language in (OTHER[path[:2]], path[:2]):
        page.locator(f"a[hreflang={language}]:visible").first.press("Enter")
        page.wait_for_url(f"{host}/{language}/{path[3:]}")
        assert page.evaluate("document.documentElement.lang").startswith(language)


@pytest.mark.parametrize("path", CHAPTERS[:1] + CHAPTERS[-1:])
def test_notebook_is_downloaded_under_its_name(visit, path):
    page = visit(path)
    with page.expect_download() as download:
        page.locator(".nf-download:visible").first.click()
    assert download.value.suggested_filename == f"{path[3:-5]}.ipynb"
    assert json.loads(Path(download.value.path()).read_text("utf8"))["cells"]


@pytest.mark.parametrize("path", KINDS)
def test_nothing_moves_for_who_asked_for_less_motion(page, host, path):
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{host}/{path}#here")
    moving = page.evaluate("""() => [document.documentElement, ...document.querySelectorAll("body *")]
      .filter((e) => !e.closest(".katex, pre"))
      .filter((e) => {
        const style = getComputedStyle(e);
        const longest = (times) => Math.max(...times.split(",").map(parseFloat));
        return longest(style.transitionDuration) > 0.01 || style.scrollBehavior === "smooth"
          || (style.animationName !== "none" && longest(style.animationDuration) > 0.01);
      })
      .map((e) => e.outerHTML.slice(0, 100))""")
    assert moving == []

"""Every page in a real browser: phone and desktop, light and dark, without network.

Needs Chromium or Chrome (found on the PATH, or named by the variable CHROMIUM) and, for the tests
of the pages, a built site (`make book`). Where one is missing, the tests are skipped and say so.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import torch
from browsing import SITE

from nflib import Affine, Box, Exp, Flow, GaussianMixture, Planar, StandardNormal
from nflib.bijections.spline import rational_quadratic
from nflib.numerics import integrate, jacobian
from nflib.targets import load_digits

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "book" / "_interactive"
NAMES = sorted(path.stem for path in FIGURES.glob("*.js") if path.stem != "common")
PAGES = [path.relative_to(SITE).as_posix() for path in sorted(SITE.glob("e[sn]/**/*.html"))]
PAGES = [page for page in PAGES if "/_static/" not in page]
CHAPTERS = [page for page in PAGES if re.fullmatch(r"e[sn]/\d\d-[\w-]+\.html", page)]
OTHER = {"es": "en", "en": "es"}
WIDTHS = (1280, 390)
THEMES = ("light", "dark")
STILL = "*, ::before, ::after { transition: none !important; animation: none !important }"

pytestmark = pytest.mark.browser
needs_site = pytest.mark.skipif(not PAGES, reason="no site in _build/site: run `make book`")
each_page = pytest.mark.parametrize("path", PAGES or ["none"])


# ------------------------------------------------------------------------ every page

# Faults of a page that do not depend on its width or theme.
CONTENT_FAULTS = r"""() => {
  const faults = [];
  const show = (element) => element.outerHTML.slice(0, 160);
  for (const formula of document.querySelectorAll(".math:not(:has(.katex)), .katex-error"))
    faults.push("formula not rendered: " + show(formula));
  for (const image of document.querySelectorAll("img")) {
    const decoration = image.closest("[aria-hidden=true], [role=presentation]");
    if (!decoration && !image.alt.trim()) faults.push("image without alt: " + show(image));
    if (image.complete && image.naturalWidth === 0) faults.push("image not loaded: " + show(image));
  }
  for (const body of document.querySelectorAll("[data-interactive]"))
    if (!body.querySelector("svg") || !body.querySelector("input"))
      faults.push("figure not interactive: " + body.dataset.interactive);
  const prose = document.body.cloneNode(true);
  prose.querySelectorAll("pre, code, script, style, .katex").forEach((part) => part.remove());
  const raw = /\{(eq|numref|ref|doc|term|cite:\w|prf:\w+|\w+-?\w*)\}`|```|:::|\$\$|\\\(|\\begin\{/;
  const found = raw.exec(prose.textContent);
  if (found) faults.push("raw markup: " + prose.textContent.substr(found.index - 40, 120));
  const failed = /Traceback \(most recent|\bNaN\b.*✓/.exec(document.body.textContent);
  if (failed) faults.push("a failed cell: " + failed[0]);
  return faults;
}"""

# Faults that do: sideways scrolling, and text that does not stand out from its background.
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
  const rgba = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.9) return colour.slice(0, 3);
    }
    return [255, 255, 255];
  };
  for (const image of document.querySelectorAll("article .cell_output img")) {
    const sheet = rgba(getComputedStyle(image).backgroundColor); // the theme's, under a figure
    if (sheet.length < 4 || sheet[3] > 0) faults.push("figure on a sheet of its own: " + image.alt);
  }
  const seen = new Set();
  const kinds = "p, li, td, th, dt, dd, h1, h2, h3, h4, figcaption, summary, label, a, span";
  for (const element of document.querySelectorAll(`article :is(${kinds})`)) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.closest(".katex, .headerlink")) continue; // # appears under the mouse
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const pair = [rgba(style.color).slice(0, 3), paper(element)];
    const key = `${element.className}${pair}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const [low, high] = pair.map(light).sort((a, b) => a - b);
    const large = parseFloat(style.fontSize) >= 24;
    if ((high + 0.05) / (low + 0.05) < (large ? 3 : 4.5))
      faults.push(`contrast ${((high + 0.05) / (low + 0.05)).toFixed(2)}: `
        + element.outerHTML.slice(0, 120));
  }
  return faults;
}"""


@needs_site
@each_page
def test_page_is_sound(page, host, path):
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    page.goto(f"{host}/{path}")
    page.add_style_tag(content=STILL)
    faults = page.evaluate(CONTENT_FAULTS)
    switch = page.locator(f"a[hreflang={OTHER[path[:2]]}]").first.evaluate("link => link.href")
    if switch != f"{host}/{OTHER[path[:2]]}/{path[3:]}":
        faults.append(f"the language switch leads to {switch}")
    for theme in THEMES:
        page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found = page.evaluate(LAYOUT_FAULTS)
            faults += [f"{width} px, {theme}: {fault}" for fault in found]
    assert not faults, "\n".join(faults)


@needs_site
@pytest.mark.parametrize("path", CHAPTERS or ["none"])
def test_chapter_shows_equations(page, host, path):
    page.goto(f"{host}/{path}")
    assert page.locator("article .katex").first.is_visible()
    assert page.evaluate("document.documentElement.lang").startswith(path[:2])


@needs_site
@pytest.mark.parametrize("path", CHAPTERS[:1] + CHAPTERS[-1:] or ["none"])
def test_language_switch_keeps_the_page(page, host, path):
    other = OTHER[path[:2]]
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{host}/{path}")
    page.locator(f"a[hreflang={other}]:visible").first.click()
    page.wait_for_url(f"{host}/{other}/{path[3:]}")
    assert page.evaluate("document.documentElement.lang").startswith(other)


@needs_site
@pytest.mark.parametrize(("language", "word"), [("es", "densidad"), ("en", "density")])
def test_search_finds_the_chapter(page, host, language, word):
    page.goto(f"{host}/{language}/search.html?q={word}")
    results = page.locator("#search-results li a")
    results.first.wait_for(timeout=10_000)
    assert results.count() >= 1
    results.first.click()
    assert f"/{language}/" in page.url


# ------------------------------------------------------------------------ interactive figures


def numbers(page) -> dict[str, float]:
    """Return the numbers that a figure shows, with all their digits."""
    pairs = "elements => elements.map(element => [element.dataset.key, Number(element.value)])"
    return dict(page.locator("[data-interactive] data").evaluate_all(pairs))


def expected_squeeze(t: float, z0: float, z1: float) -> dict[str, float]:
    """Return what nflib says about the bin [z0, z1] of Z ~ U(0, 2) and its image under f_t."""
    base = Box(0.0, 2.0).double()
    edges = torch.tensor([[z0], [z1], [(z0 + z1) / 2]], dtype=torch.float64)
    images = (1 - t) * edges + t * edges.exp()
    slope = jacobian(lambda z: (1 - t) * z + t * z.exp(), edges).flatten()[2]
    dx = float(images[1] - images[0])
    mass = float(integrate(lambda z: base.log_prob(z).exp(), z0, z1, n=40))
    if t == 1:  # from the other side: the density of the flow
        flow = Flow(Box(0.0, 2.0), Exp()).double()
        limits = float(images[0]), float(images[1])
        mass = float(integrate(lambda x: flow.log_prob(x).exp(), *limits, n=40))
    height = float(base.log_prob(edges[2:]).exp())
    return {
        "t": t, "dz": z1 - z0, "dx": dx, "massX": mass, "massZ": mass, "meanPx": mass / dx,
        "meanPz": height, "fprime": float(slope), "px": height / float(slope),
    }  # fmt: skip


SQUEEZE = [page for page in PAGES if 'data-interactive="squeeze"' in (SITE / page).read_text()]


@needs_site
@pytest.mark.parametrize("path", SQUEEZE or ["none"])
def test_squeeze_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
    if path == "none":
        pytest.skip("no page shows the figure squeeze")
    page.goto(f"{host}/{path}")
    slider = page.get_by_role("slider").and_(page.locator("[data-control=t]"))
    before = numbers(page)
    slider.focus()
    for keys, t in ((["Home"], 0.0), (["ArrowRight"] * 37, 0.37), (["End"], 1.0)):
        for key in keys:
            page.keyboard.press(key)
        shown = numbers(page)
        assert shown != before
        expected = expected_squeeze(t, z0=1.25, z1=1.5)  # the sixth of eight bins
        for key, value in expected.items():
            assert shown[key] == pytest.approx(value, abs=1e-6), f"{key} at t = {t}"
        assert f"{t:.2f}" in page.locator("[data-interactive] svg").get_attribute("aria-label")
        before = shown
    spoken = page.locator("[data-interactive] [aria-live=polite]")
    sync_api.expect(spoken).to_contain_text("t = 1.00")


COLUMNS = [page for page in PAGES if 'data-interactive="columns"' in (SITE / page).read_text()]


@needs_site
@pytest.mark.parametrize("path", COLUMNS or ["none"])
def test_columns_answer_to_the_keyboard_and_the_mouse(page, host, path):
    if path == "none":
        pytest.skip("no page shows the figure columns")
    page.goto(f"{host}/{path}")
    A = torch.tensor([[1.5, -0.5], [0.5, 1.0]], dtype=torch.float64)
    slider = page.locator("[data-control=a22]")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    A[1, 1] = -1.5 + 7 * 0.05
    for moved in ("keyboard", "mouse"):
        shown = numbers(page)
        det, sigma = float(A.det()), torch.linalg.svdvals(A).tolist()
        expected = {"det": det, "area": abs(det), "density": 1 / abs(det), "mass": 1.0}
        expected |= {"sigma1": sigma[0], "sigma2": sigma[1]}
        assert shown == pytest.approx(expected, abs=1e-6), moved
        if moved == "keyboard":
            handle = page.locator("[data-drag='2']")
            handle.scroll_into_view_if_needed()
            box = handle.bounding_box()
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + 40, y - 60, steps=4)
            page.mouse.up()
            A[:, 1] = torch.tensor(
                [float(page.locator(f"[data-control={k}]").input_value()) for k in ("a12", "a22")]
            )
            assert A[0, 1] > -0.5 and A[1, 1] > -1.15
            page.mouse.move(x, y)  # after the release nothing follows the pointer
    assert numbers(page) == shown


LAYERS = [page for page in PAGES if 'data-interactive="layers"' in (SITE / page).read_text()]


@needs_site
@pytest.mark.parametrize("path", LAYERS or ["none"])
def test_layers_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
    if path == "none":
        pytest.skip("no page shows the figure layers")
    page.goto(f"{host}/{path}")
    scale = torch.tensor([0.3, -0.5], dtype=torch.float64).exp()
    stretch = Flow(StandardNormal(2), Affine(torch.zeros(2, dtype=torch.float64), scale)).double()
    page.get_by_role("slider").and_(page.locator("[data-control=t]")).focus()
    page.keyboard.press("Home")
    before = numbers(page)
    for _ in range(20):  # twenty steps of 0.05: the first layer, whole
        page.keyboard.press("ArrowRight")
    page.get_by_role("slider").and_(page.locator("[data-control=column]")).focus()
    page.keyboard.press("Home")
    shown = numbers(page)
    centre = torch.tensor([[-1.75, 0.25]], dtype=torch.float64)  # column 1, row 5
    image = stretch.from_latent(centre)
    density = float(stretch.log_prob(image).exp().detach())
    assert shown["density"] == pytest.approx(density, abs=1e-9)
    assert shown["stretch1"] == pytest.approx(float(scale.prod()), abs=1e-9)
    assert shown["area"] == pytest.approx(0.25 * float(scale.prod()), abs=1e-9)
    assert shown != before
    spoken = page.locator("[data-interactive] [aria-live=polite]")
    sync_api.expect(spoken).to_contain_text("1.00")


@needs_site
@pytest.mark.parametrize("path", SQUEEZE or ["none"])
def test_figure_is_a_picture_without_javascript(browser, host, path):
    if path == "none":
        pytest.skip("no page shows the figure squeeze")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{host}/{path}")
    assert page.locator("[data-interactive] svg").bounding_box()["height"] > 200
    context.close()


def expected_zoom(level: float) -> dict[str, float]:
    """Return what nflib says about the square of side 2^-level at (1, 0.5), in polar coordinates."""

    def polar(z):
        return z[..., :1] * torch.cat([z[..., 1:].cos(), z[..., 1:].sin()], dim=-1)

    z, side = torch.tensor([1.0, 0.5], dtype=torch.float64), 2**-level
    low, high = z.tolist(), (z + side).tolist()
    image = integrate(lambda z: jacobian(polar, z).det().abs(), low, high, n=4)
    det = float(jacobian(polar, z).det())
    flat = abs(det) * side**2
    return {"side": side, "det": det, "image": image, "flat": flat, "ratio": image / flat}


ZOOM = [page for page in PAGES if 'data-interactive="zoom"' in (SITE / page).read_text()]


@needs_site
@pytest.mark.parametrize("path", ZOOM or ["none"])
def test_zoom_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
    if path == "none":
        pytest.skip("no page shows the figure zoom")
    page.goto(f"{host}/{path}")
    slider = page.get_by_role("slider").and_(page.locator("[data-control=zoom]"))
    before = None
    slider.focus()
    for keys, level in ((["Home"], 0.0), (["ArrowRight"] * 23, 2.3), (["End"], 6.0)):
        for key in keys:
            page.keyboard.press(key)
        shown = numbers(page)
        assert shown != before
        for key, value in expected_zoom(level).items():
            assert shown[key] == pytest.approx(value, abs=1e-6), f"{key} at zoom {level}"
        before = shown
    spoken = page.locator("[data-interactive] [aria-live=polite]")
    sync_api.expect(spoken).to_contain_text("0.016")


TEAR = [page for page in PAGES if 'data-interactive="tear"' in (SITE / page).read_text()]


@needs_site
@pytest.mark.parametrize("path", TEAR or ["none"])
def test_tear_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
    if path == "none":
        pytest.skip("no page shows the figure tear")
    page.goto(f"{host}/{path}")
    slider = page.get_by_role("slider").and_(page.locator("[data-control=K]"))
    layer = Planar(1).double()
    with torch.no_grad():
        layer.w.fill_(1.0)
        layer.b.zero_()
        layer.v.fill_(math.log(math.expm1(1.5)) - math.log(math.e - 1))
    slider.focus()
    for key, count in (("Home", 1), ("ArrowRight", 2), ("End", 12)):
        page.keyboard.press(key)
        shown = numbers(page)
        flow = Flow(StandardNormal(1), *[layer] * count).double().requires_grad_(False)
        p0 = float(flow(torch.zeros(1, 1, dtype=torch.float64)).exp())
        bridge = integrate(lambda x, flow=flow: flow(x).exp(), -1.0, 1.0)
        assert shown["slope"] == pytest.approx(1.5**count, abs=1e-6)
        assert shown["p0"] == pytest.approx(p0, abs=1e-6)
        assert shown["bridge"] == pytest.approx(bridge, abs=1e-6)
    spoken = page.locator("[data-interactive] [aria-live=polite]")
    sync_api.expect(spoken).to_contain_text("12")


def expected_planar(bend: float) -> dict[str, float]:
    """Return what nflib says about the planar layer of the figure with c = bend."""
    turn = torch.tensor(math.pi / 6, dtype=torch.float64)
    e = torch.stack([turn.cos(), turn.sin()])
    layer = Planar.from_parameters(1.5 * e, bend / 1.5 * e, 0.0)
    still = torch.zeros(2, dtype=torch.float64)
    flow = Flow(StandardNormal(2), layer).double()
    return {
        "still": layer.forward(still)[1].exp().item(),
        "origin": 1 + bend,
        "far": 1.0,
        "density": flow.log_prob(still).exp().item(),
    }


PLANAR = [page for page in PAGES if 'data-interactive="planar"' in (SITE / page).read_text()]


@needs_site
@pytest.mark.parametrize("path", PLANAR or ["none"])
def test_planar_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
    if path == "none":
        pytest.skip("no page shows the figure planar")
    page.goto(f"{host}/{path}")
    slider = page.get_by_role("slider").and_(page.locator("[data-control=bend]"))
    slider.focus()
    for keys, bend in ((["End"], 4.0), (["ArrowLeft"] * 30, 2.5)):
        for key in keys:
            page.keyboard.press(key)
        shown = numbers(page)
        for key, value in expected_planar(bend).items():
            assert shown[key] == pytest.approx(value, abs=1e-6), f"{key} at c = {bend}"
    page.keyboard.press("Home")
    assert numbers(page)["folded"] == 3
    spoken = page.locator("[data-interactive] [aria-live=polite]")
    sync_api.expect(spoken).to_contain_text("-2.00")


def expected_dequantize(power: float) -> dict[str, float]:
    """Return what nflib says about the mixture of deviation 10^power for the pixel at the centre."""
    pixel = load_digits().split(1257, 180, 360)[0].images[:, 36]
    P = torch.bincount(pixel, minlength=17).double() / len(pixel)
    levels, sigma = torch.arange(17.0, dtype=torch.float64)[:, None] + 0.5, 10**power
    model = Flow(GaussianMixture(levels, torch.full_like(levels, sigma), P)).double()
    noise = sum(float(P[v]) * integrate(model.log_prob, v, v + 1, n=100) for v in range(17))
    masses = [integrate(lambda y: model(y).exp(), v, v + 1, n=100) for v in range(17)]
    return {
        "sigma": sigma, "entropy": -float((P * P.log2()).sum()),
        "integers": -float((P * model(levels).detach()).sum()) / math.log(2),
        "noise": -noise / math.log(2),
        "cells": -float((P * torch.tensor(masses).log2()).sum()),
    }  # fmt: skip


DEQUANTIZE = [p for p in PAGES if 'data-interactive="dequantize"' in (SITE / p).read_text()]


@needs_site
@pytest.mark.parametrize("path", DEQUANTIZE or ["none"])
def test_dequantize_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
    if path == "none":
        pytest.skip("no page shows the figure dequantize")
    page.goto(f"{host}/{path}")
    slider = page.get_by_role("slider").and_(page.locator("[data-control=power]"))
    before = None
    slider.focus()
    for keys, power in ((["Home"], -2.0), (["ArrowRight"] * 28, -0.6), (["End"], 1.0)):
        for key in keys:
            page.keyboard.press(key)
        shown = numbers(page)
        assert shown != before
        assert shown == pytest.approx(expected_dequantize(power), rel=1e-6, abs=1e-6)
        before = shown
    spoken = page.locator("[data-interactive] [aria-live=polite]")
    sync_api.expect(spoken).to_contain_text("3.45")


@pytest.fixture(params=NAMES)
def figure(request, page, tmp_path):
    """Open a page of its own that holds one figure, from a file: no server, no site."""
    name = request.param
    scripts = "".join(
        f'<script defer src="{(FIGURES / file).as_uri()}"></script>'
        for file in ("common.js", f"{name}.js")
    )
    css = (FIGURES / "interactive.css").as_uri()
    body = f'<div class="interactive-body" data-interactive="{name}" data-lang="es"></div>'
    head = (
        f'<!doctype html><html lang="es"><meta charset="utf-8"><link rel="stylesheet" href="{css}">'
    )
    (tmp_path / "figure.html").write_text(f"{head}{scripts}<body style='margin: 0'>{body}")
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


def test_play_button_moves_and_stops(figure):
    button = figure.locator(".nf-play")
    if button.count() == 0:
        pytest.skip("this figure has nothing to play")
    button.click()
    first = figure.locator("svg").inner_html()
    figure.wait_for_timeout(300)
    button.click()
    stopped = figure.locator("svg").inner_html()
    assert stopped != first
    figure.wait_for_timeout(200)
    assert figure.locator("svg").inner_html() == stopped


def test_a_hand_on_a_slider_stops_the_animation(figure):
    if figure.locator(".nf-play").count() == 0:
        pytest.skip("this figure has nothing to play")
    figure.locator(".nf-play").click()
    figure.wait_for_timeout(100)
    figure.locator("input[type=range]").first.press("Home")
    still = figure.locator("svg").inner_html()
    figure.wait_for_timeout(200)
    assert figure.locator("svg").inner_html() == still


def test_a_click_highlights_a_bin(figure):
    if figure.locator("[data-interactive=squeeze]").count() == 0:
        pytest.skip("a test of squeeze")
    figure.locator("rect.nf-base").nth(1).click()
    assert figure.locator("[data-control=bin]").input_value() == "2"


def test_spline_answers_to_the_keyboard_and_the_mouse(figure):
    if figure.locator("[data-interactive=spline]").count() == 0:
        pytest.skip("a test of spline")
    figure.locator("[data-control=z]").press("Home")
    for _ in range(72):
        figure.keyboard.press("ArrowRight")  # z = 0.6
    shown = numbers(figure)
    knots = [torch.tensor([-3, *inner, 3.0]) for inner in ((-0.6, 0, 0.6), (-1.4, 0, 1.4))]
    shares = [((k.double().diff() / 6 - 1e-3) / (1 - 4e-3)).log() for k in knots]
    slopes = (torch.tensor([0.5, 4, 0.5], dtype=torch.float64) - 1e-3) / (1 - 1e-3)
    free = [*shares, slopes.expm1().log() - math.log(math.e - 1)]
    z = torch.tensor([0.6], dtype=torch.float64)
    x, log_slope = rational_quadratic(z, *(part[None] for part in free), 3.0)
    log_p = StandardNormal(1).double().log_prob(z[:, None]) - log_slope
    assert shown["x"] == pytest.approx(x.item(), abs=1e-6)
    assert shown["slope"] == pytest.approx(log_slope.exp().item(), abs=1e-6)
    assert shown["px"] == pytest.approx(log_p.exp().item(), abs=1e-6)
    assert shown["modes"] == 2
    figure.locator("[data-control=preset]").select_option("identity")
    assert numbers(figure)["x"] == pytest.approx(0.6, abs=1e-9)
    handle = figure.locator("[data-drag='2']").bounding_box()
    x0, y0 = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    figure.mouse.move(x0, y0)
    figure.mouse.down()
    figure.mouse.move(x0, y0 - 40)
    figure.mouse.up()
    assert figure.locator("[data-control=preset]").input_value() == "free"
    assert float(figure.locator("[data-control=kx]").input_value()) > 0.3
    spoken = figure.locator("[aria-live=polite]")
    sync_api.expect(spoken).to_contain_text("modas")

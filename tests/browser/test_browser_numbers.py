"""Interactive figures on their pages: what they show when one moves a control is what nflib computes."""

from __future__ import annotations

import math

import pytest
import torch

from nflib import Affine, Box, Exp, Flow, GaussianMixture, Planar, StandardNormal
from nflib.numerics import integrate, jacobian
from nflib.targets import load_digits
from tests.book.built_site import pages_with
from tests.book.figures import numbers

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser


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


@pytest.mark.parametrize("path", pages_with("squeeze"))
def test_squeeze_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
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


@pytest.mark.parametrize("path", pages_with("columns"))
def test_columns_answer_to_the_keyboard_and_the_mouse(page, host, path):
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


@pytest.mark.parametrize("path", pages_with("layers"))
def test_layers_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
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


@pytest.mark.parametrize("path", pages_with("zoom"))
def test_zoom_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
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


@pytest.mark.parametrize("path", pages_with("tear"))
def test_tear_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
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


@pytest.mark.parametrize("path", pages_with("planar"))
def test_planar_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
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


@pytest.mark.parametrize("path", pages_with("dequantize"))
def test_dequantize_answers_to_the_keyboard_with_nflib_numbers(page, host, path):
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

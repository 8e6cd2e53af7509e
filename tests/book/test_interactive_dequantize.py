"""The figure dequantize scores a mixture as nflib does: on integers, with noise, by masses of cells."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest
import torch

from nflib import Flow, GaussianMixture
from nflib.numerics import integrate
from nflib.targets import load_digits
from tests.book.figures import LANGUAGES, SVG, Engine

PIXELS = ("centre", "stroke", "corner")
SIGMAS = (0.01, 0.1, 0.4, 1.0, 10.0)


@pytest.fixture(scope="module")
def dequantize() -> Engine:
    return Engine("dequantize")


def masses(dequantize: Engine, name: str) -> torch.Tensor:
    return torch.tensor(dequantize.call("model.masses", name), dtype=torch.float64)


def mixture(P: torch.Tensor, sigma: float) -> Flow:
    """The same model by nflib; levels that never occur are left out, for a weight is positive."""
    seen = P.nonzero()[:, 0]
    loc = seen[:, None].double() + 0.5
    return Flow(GaussianMixture(loc, torch.full_like(loc, sigma), P[seen])).double()


@pytest.mark.parametrize("name", PIXELS)
def test_masses_are_those_of_the_training_digits(dequantize, name):
    pixel = load_digits().split(1257, 180, 360)[0].images[:, dequantize.call("model.index", name)]
    counts = torch.bincount(pixel, minlength=17).double()
    assert (masses(dequantize, name) - counts / 1257).abs().max() < 1e-15


@pytest.mark.parametrize("name", PIXELS)
@pytest.mark.parametrize("sigma", SIGMAS)
def test_scores_agree_with_nflib(dequantize, name, sigma):
    P = masses(dequantize, name)
    flow, shown = mixture(P, sigma), dequantize.call("model.scores", name, sigma)
    seen = P.nonzero()[:, 0].tolist()
    levels = torch.arange(17.0, dtype=torch.float64)[:, None] + 0.5
    integers = -float((P * flow(levels).detach()).nan_to_num().sum())
    noise = -sum(float(P[v]) * integrate(flow.log_prob, v, v + 1, n=200) for v in seen)
    cells = -sum(
        float(P[v]) * math.log(integrate(lambda y: flow(y).exp(), v, v + 1, n=400)) for v in seen
    )
    expected = {"integers": integers, "noise": noise, "cells": cells}
    expected = {key: value / math.log(2) for key, value in expected.items()}
    assert shown == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", PIXELS)
def test_no_honest_score_is_below_the_entropy(dequantize, name):
    P = masses(dequantize, name)
    entropy = -float((P * P.log2()).nan_to_num().sum())
    assert dequantize.call("model.entropy", name) == pytest.approx(entropy, abs=1e-12)
    for k in range(31):
        scores = dequantize.call("model.scores", name, 10 ** (-2 + k / 10))
        assert scores["noise"] >= scores["cells"] - 1e-9
        assert scores["cells"] >= entropy - 1e-9
    assert dequantize.call("model.scores", name, 1e-2)["integers"] < entropy


def test_state_stays_possible(dequantize):
    assert dequantize.state(power=3)["power"] == 1
    assert dequantize.state(power=-9)["power"] == -2
    assert dequantize.state(pixel="none")["pixel"] == "centre"
    assert dequantize.state(width=10)["width"] == 280


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PIXELS)
@pytest.mark.parametrize("power", [-2, -0.5, 1])
def test_what_is_drawn_and_said(dequantize, language, name, power):
    state = dequantize.state(pixel=name, power=power)
    drawing = ElementTree.fromstring(dequantize.draw(language, state))
    bars = [e for e in drawing.iter(f"{SVG}rect") if "nf-bar" in e.get("class")]
    heights = torch.tensor([float(bar.get("height")) for bar in bars], dtype=torch.float64)
    P = masses(dequantize, name)
    assert (heights / heights.max() - P / P.max()).abs().max() < 1e-3
    scores = dequantize.call("model.scores", name, 10**power)
    said = dequantize.draw(language, state, "summary")
    assert all(f"{value:.2f}" in said for value in scores.values())

"""The figure dequantize scores a mixture as nflib does: on integers, with noise, by masses of cells."""

import math

import pytest
import torch

from nflib import Flow, GaussianMixture
from nflib.course.numerics import integrate
from nflib.course.targets import load_digits
from tests.book.figures import SVG
from tools.course import EDITIONS

pytestmark = pytest.mark.usefixtures("float64")
PIXELS = pytest.mark.parametrize("pixel", ("centre", "stroke", "corner"))


def entropy(P: torch.Tensor) -> float:
    return -float((P * P.log2()).nan_to_num().sum())


def mixture(P: torch.Tensor, sigma: float) -> Flow:
    """The same model by nflib; levels that never occur are left out, for a weight is positive."""
    seen = P.nonzero()[:, 0]
    loc = seen[:, None] + 0.5
    return Flow(GaussianMixture(loc, torch.full_like(loc, sigma), P[seen]))


@PIXELS
def test_masses_are_those_of_the_training_digits(engine, pixel):
    values = load_digits().split(1257, 180, 360)[0].images[:, engine.call("model.index", pixel)]
    counts = torch.bincount(values, minlength=17)
    assert (engine.tensor("model.masses", pixel) - counts / 1257).abs().max() < 1e-15


@PIXELS
@pytest.mark.parametrize("power", [-2, -1, -0.4, 0, 1])
def test_scores_agree_with_nflib(engine, pixel, power):
    P = engine.tensor("model.masses", pixel)
    flow, seen = mixture(P, 10**power), P.nonzero()[:, 0].tolist()
    levels = torch.arange(17.0)[:, None] + 0.5
    integers = -float((P * flow(levels).detach()).nan_to_num().sum())
    noise = -sum(float(P[v]) * integrate(flow.log_prob, v, v + 1, n=200) for v in seen)
    cells = -sum(
        float(P[v]) * math.log(integrate(lambda y: flow(y).exp(), v, v + 1, n=400)) for v in seen
    )
    expected = {"integers": integers, "noise": noise, "cells": cells}
    expected = {key: value / math.log(2) for key, value in expected.items()}
    expected |= {"sigma": 10**power, "entropy": entropy(P)}
    assert engine.numbers(pixel=pixel, power=power) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@PIXELS
def test_no_honest_score_is_below_the_entropy(engine, pixel):
    least = entropy(engine.tensor("model.masses", pixel))
    assert engine.call("model.entropy", pixel) == pytest.approx(least, abs=1e-12)
    for k in range(31):
        scores = engine.call("model.scores", pixel, 10 ** (-2 + k / 10))
        assert scores["noise"] >= scores["cells"] - 1e-9
        assert scores["cells"] >= least - 1e-9
    assert engine.call("model.scores", pixel, 1e-2)["integers"] < least


@pytest.mark.parametrize("language", EDITIONS)
@PIXELS
@pytest.mark.parametrize("power", [-2, -0.5, 1])
def test_bars_are_the_masses_and_the_scores_are_said(engine, language, pixel, power):
    drawing = engine.svg(language, pixel=pixel, power=power)
    bars = [e for e in drawing.iter(f"{SVG}rect") if "nf-bar" in e.get("class")]
    heights = torch.tensor([float(bar.get("height")) for bar in bars])
    P = engine.tensor("model.masses", pixel)
    assert (heights / heights.max() - P / P.max()).abs().max() < 1e-3
    scores = engine.call("model.scores", pixel, 10**power)
    said = engine.draw(language, engine.state(pixel=pixel, power=power), "summary")
    assert all(f"{value:.2f}" in said for value in scores.values())

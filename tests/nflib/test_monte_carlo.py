"""Entropy and divergence by Monte Carlo against closed forms, and how often the errors cover them."""

import math

import pytest
import scipy.stats
import torch
import torch.distributions as td

from nflib import (
    ActNorm,
    Affine,
    Box,
    Composition,
    Conditional,
    Estimate,
    Exp,
    Flow,
    GaussianMixture,
    Linear,
    StandardNormal,
    StandardUniform,
    entropy,
    kl_divergence,
)
from nflib.course.targets import TwoMoons
from tests.nflib.bijection_cases import matrix, moved
from tests.nflib.helpers import F64, LOC, SCALE, planar_flow, seeded

NORMAL = math.log(2 * math.pi * math.e) / 2  # the entropy of N(0, 1)
W = matrix(3)
LAWS = {  # with their entropies
    "normal": (StandardNormal(3), 3 * NORMAL),
    "mixture of one": (
        GaussianMixture(LOC[1:2], SCALE[1:2]),
        2 * NORMAL + SCALE[1].log().sum().item(),
    ),
    "box": (Box(LOC[1], LOC[1] + 3), 2 * math.log(3)),
    "log-normal": (
        Flow(StandardNormal(1), Affine(0.5, 2.0), Exp()),
        scipy.stats.lognorm(2, scale=math.exp(0.5)).entropy(),
    ),
    "affine": (Flow(StandardNormal(3), Linear(W)), 3 * NORMAL + W.det().abs().log().item()),
    "torch": (
        td.MultivariateNormal(torch.zeros(3), W @ W.T),
        3 * NORMAL + W.det().abs().log().item(),
    ),
    "target": (TwoMoons(), TwoMoons().entropy()),
}


@pytest.mark.parametrize("name", LAWS)
def test_entropy_is_the_closed_form(name, generator):
    law, exact = LAWS[name]
    estimate = entropy(law, 20_000, generator=generator)
    assert isinstance(estimate, Estimate) and estimate.standard_error < 0.03
    assert abs(estimate.value - exact) <= 4 * estimate.standard_error + 1e-6
    again = entropy(law, 20_000, generator=seeded())
    assert again == estimate and not torch.is_tensor(again.value)


def gaussians():
    """Two normal laws of R³, as flows, and as torch's, whose divergence torch knows."""
    shift = torch.tensor([0.5, -1.0, 0.25])
    p, q = Flow(StandardNormal(3), Linear(W)), Flow(StandardNormal(3), Linear(W.T + 0.5, shift))
    V = W.T + 0.5
    laws = [td.MultivariateNormal(m, A @ A.T) for m, A in ((torch.zeros(3), W), (shift, V))]
    return p, q, *laws


def test_divergence_of_normal_laws_is_the_closed_form(generator):
    p, q, law_p, law_q = gaussians()
    for a, b, exact in (
        (p, q, td.kl_divergence(law_p, law_q)),
        (q, p, td.kl_divergence(law_q, law_p)),
    ):
        estimate = kl_divergence(a, b, 40_000, generator=generator)
        assert abs(estimate.value - exact) < 4 * estimate.standard_error < 0.4 * exact
    mixed = kl_divergence(law_p, q, 40_000, generator=generator)  # law of torch, flow
    assert abs(mixed.value - td.kl_divergence(law_p, law_q)) < 4 * mixed.standard_error
    same = kl_divergence(p, law_p, generator=generator)
    assert same.value == pytest.approx(0, abs=1e-5) and same.standard_error < 1e-5
    box, wide = Box(0.0, 1.0), Box(-1.0, 3.0)
    assert kl_divergence(box, wide) == (pytest.approx(math.log(4)), pytest.approx(0, abs=1e-9))


def test_outside_the_support_of_q_the_divergence_is_infinite(generator):
    for p, q in (
        (Box(-1.0, 3.0), Box(0.0, 1.0)),
        (StandardNormal(1), Flow(StandardNormal(1), Exp())),
    ):
        estimate = kl_divergence(p, q, 100, generator=generator)
        assert estimate.value == math.inf and math.isnan(estimate.standard_error)


def test_standard_errors_cover_the_truth_as_often_as_they_should(generator):
    p, q, law_p, law_q = gaussians()
    exact_kl, exact_entropy = td.kl_divergence(law_p, law_q).item(), law_p.entropy().item()
    scores = {"entropy": [], "kl": []}
    for _ in range(200):
        estimates = (
            entropy(p, 400, generator=generator),
            kl_divergence(p, q, 400, generator=generator),
        )
        for name, estimate, exact in zip(scores, estimates, (exact_entropy, exact_kl), strict=True):
            scores[name].append((estimate.value - exact) / estimate.standard_error)
    for each in scores.values():
        z = torch.tensor(each)
        assert abs(z.mean().item()) < 4 / math.sqrt(200) and 0.85 < z.std().item() < 1.15
        inside = (z.abs() < 1.96).float().mean().item()
        assert 0.95 - 4 * math.sqrt(0.95 * 0.05 / 200) < inside < 1


def test_a_context_is_of_those_that_take_one(generator):
    """Normal laws N(m(c), diag σ²(c)): entropies and divergences in closed form for each context."""
    f, g = (moved(Conditional(ActNorm(2), 1, hidden=(k,), generator=generator)) for k in (3, 2))
    p, q, plain = (Flow(StandardNormal(2), *each).double() for each in ((f,), (g,), ()))
    c = torch.linspace(-1, 1, 20_000, dtype=F64)[:, None]

    def law(f, c):
        loc, log_scale = (f.conditioner(c) + torch.cat([f.bijection.m, f.bijection.s])).chunk(2, -1)
        return td.Independent(td.Normal(loc, log_scale.exp()), 1)

    standard = td.Independent(td.Normal(torch.zeros(2, dtype=F64), 1.0), 1)
    for context in (c[0], c):
        options = {"n": 20_000, "context": context, "generator": generator}
        pairs = [
            (entropy(p, **options), law(f, context).entropy()),
            (kl_divergence(p, q, **options), td.kl_divergence(law(f, context), law(g, context))),
            (kl_divergence(p, plain, **options), td.kl_divergence(law(f, context), standard)),
            (kl_divergence(plain, q, **options), td.kl_divergence(standard, law(g, context))),
        ]
        for estimate, exact in pairs:
            assert abs(estimate.value - exact.mean().item()) < 4 * estimate.standard_error + 1e-9
            assert estimate.standard_error < 0.1


def test_wrong_arguments_are_refused_by_name():
    p, q, x = StandardNormal(2), StandardNormal(3), torch.zeros(5, 1)
    conditional = Flow(p, Conditional(ActNorm(2), 1))
    for n in (0, 1, 10.0, (3,)):
        for call in (lambda n: entropy(p, n), lambda n: kl_divergence(p, p, n)):
            with pytest.raises(
                ValueError, match=r"^(entropy|kl_divergence): n: expected an int of"
            ):
                call(n)
    for call, name in (
        (lambda: entropy(torch.randn), "entropy: p"),
        (lambda: kl_divergence(torch.randn, p), "kl_divergence: p"),
        (lambda: kl_divergence(p, Composition()), "kl_divergence: q"),
    ):
        with pytest.raises(TypeError, match=rf"^{name}: expected a Flow, a BaseDensity or .*, got"):
            call()
    with pytest.raises(ValueError, match=r"^kl_divergence: q: expected d = 2, that of p, got 3"):
        kl_divergence(p, q)
    with pytest.raises(TypeError, match=r"x: expected dtype torch.float64, .* got torch.float32"):
        kl_divergence(p, planar_flow())
    with pytest.raises(ValueError, match=r"^Flow.sample: context: expected None"):
        entropy(p, context=x)
    with pytest.raises(ValueError, match=r"^Flow.sample: context: expected None"):
        kl_divergence(p, StandardUniform(2), context=x)
    with pytest.raises(TypeError, match=r"^Flow.sample: context: expected a tensor of shape"):
        entropy(conditional)
    with pytest.raises(
        ValueError, match=r"^Flow.sample: context: expected a batch that broadcasts"
    ):
        entropy(conditional, 10, context=x)

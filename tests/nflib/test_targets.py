"""Targets against quadrature, closed forms, SciPy and their own samples."""

import copy
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch

from nflib import GaussianMixture, StandardNormal
from nflib.course import targets
from nflib.course.numerics import integrate, jacobian, monte_carlo
from tests.nflib.helpers import F64, TARGETS, seeded

every_target = pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t}-{t.panels}")
ENERGIES = {"U1": 1.8775, "U2": 2.1429, "U3": 2.7025, "U4": 2.7715}
every_energy = pytest.mark.parametrize("name", ENERGIES)


def exact(target):
    return copy.deepcopy(target).double()


def moment(target, h, panels=None):
    """E h(x) by quadrature."""
    p = exact(target)
    low, high = p.window
    return integrate(lambda x: h(x) * p.log_prob(x).exp(), low, high, panels or p.panels)


@every_target
def test_density_integrates_to_one(target):
    assert abs(moment(target, lambda x: torch.ones_like(x[:, 0])) - 1) < 1e-7


STATISTICS = {
    "first": lambda x: x[:, 0],
    "second": lambda x: x[:, 1],
    "square": lambda x: x[:, 0] ** 2,
    "product": lambda x: x[:, 0] * x[:, 1],
    "wave": lambda x: torch.sin(3 * x[:, 0] + 2 * x[:, 1]),
    "ripple": lambda x: torch.cos(5 * x[:, 0]) * torch.cos(5 * x[:, 1]),
}


@every_target
def test_samples_follow_the_density(target):
    """Means of six functions, and of −log p, by 40,000 samples and by quadrature."""
    x = exact(target).sample(40_000, seeded(1))
    for name, h in STATISTICS.items():
        mean, error = monte_carlo(h(x))
        assert abs(mean - moment(target, h)) < 4 * error, name
    mean, error = monte_carlo(-torch.cat([exact(target).log_prob(part) for part in x.split(1000)]))
    assert abs(mean - target.entropy()) < 4 * error + 1e-9


@every_target
def test_entropy_does_not_depend_on_the_grid(target):
    low, high = target.window
    finer = targets.entropy(target, low, high, 2 * target.panels)
    assert target.entropy() == pytest.approx(finer, abs=1e-7)


@pytest.mark.parametrize("target", [t for t in TARGETS if "Checkerboard" not in str(t)], ids=str)
def test_score_is_finite_even_far_away_and_at_the_origin(target):
    x = torch.tensor([[0.0, 0.0], [30.0, -40.0], [-1e3, 1e3]], dtype=F64, requires_grad=True)
    log_prob = exact(target).log_prob(x)
    (score,) = torch.autograd.grad(log_prob.sum(), x)
    assert bool(log_prob.isfinite().all()) and bool(score.isfinite().all())
    assert bool((log_prob[1:] < -100).all())


@every_target
def test_nan_shows(target):
    assert bool(target.log_prob(torch.tensor([math.nan, 0.5])).isnan())


@every_target
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_log_prob_compiles(target):
    torch.compiler.reset()
    compiled = torch.compile(target.log_prob, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(torch.ones(3, 2)), target.log_prob(torch.ones(3, 2)))


# The energies of Rezende and Mohamed


@every_energy
def test_normaliser_is_that_of_quadrature_and_of_the_specification(name):
    target = getattr(targets, name)().double()
    Z = integrate(lambda z: torch.exp(-target.energy(z)), (-7, -7), (7, 7), 140)
    assert math.log(Z) == pytest.approx(target.log_normaliser, abs=1e-10)
    assert round(target.log_normaliser, 4) == ENERGIES[name]


@every_energy
def test_energy_is_the_formula_written_out(name):
    z = np.random.default_rng(0).uniform(-5, 5, (200, 2))
    z1, z2 = z.T
    w1, w2 = np.sin(2 * np.pi * z1 / 4), 3 * np.exp(-(((z1 - 1) / 0.6) ** 2) / 2)
    w3, e = 3 / (1 + np.exp(-(z1 - 1) / 0.3)), lambda a: np.exp(-(a**2) / 2)
    wall = np.where(np.abs(z1) > 4, ((np.abs(z1) - 4) / 0.2) ** 2 / 2, 0)
    expected = {
        "U1": ((np.hypot(z1, z2) - 2) / 0.4) ** 2 / 2
        - np.log(e((z1 - 2) / 0.6) + e((z1 + 2) / 0.6)),
        "U2": ((z2 - w1) / 0.4) ** 2 / 2 + wall,
        "U3": -np.log(e((z2 - w1) / 0.35) + e((z2 - w1 + w2) / 0.35)) + wall,
        "U4": -np.log(e((z2 - w1) / 0.4) + e((z2 - w1 + w3) / 0.35)) + wall,
    }[name]
    energy = getattr(targets, name)().energy(torch.from_numpy(z))
    torch.testing.assert_close(energy, torch.from_numpy(expected), rtol=1e-9, atol=1e-9)
    # No floor: of exponentials that underflow, −log(0 + 0) would be infinite.
    assert getattr(targets, name)().energy(torch.tensor([[0, 60.0], [3.5, -60]])).isfinite().all()


def test_normaliser_and_entropy_of_u2():
    """The closed form of the first; quadrature of the second."""
    u2, root = targets.U2(), math.sqrt(2 * math.pi)
    assert u2.log_normaliser == pytest.approx(math.log(0.4 * root * (8 + 0.2 * root)), abs=1e-12)
    assert u2.entropy() == pytest.approx(targets.entropy(u2, *u2.window, 140), abs=1e-9)


# Data sets


def test_two_moons_has_the_known_entropy_and_distance_from_a_normal_law():
    """1.005 ± 0.004 nats by samples; the best normal law needs ½ log det 2πeΣ."""
    moons, centre = targets.TwoMoons(0.1), torch.tensor([0.5, 0.25])
    assert moons.entropy() == pytest.approx(1.005, abs=0.004)
    # Σ in closed form: the moons are each other's mirror images through (½, ¼).
    sin = 2 / math.pi
    var1 = 0.5 + 0.25 + 0.01  # E cos² + ¼, for E(x₁ − ½)² = E(cos − ½)²
    var2 = 0.5 - 2 * 0.25 * sin + 0.25**2 + 0.01
    cov = -0.5 * (sin - 0.25)
    for i, j, expected in ((0, 0, var1), (1, 1, var2), (0, 1, cov)):
        product = moment(moons, lambda x, i=i, j=j: ((x - centre)[:, [i, j]]).prod(-1))
        assert product == pytest.approx(expected, abs=1e-8)
    normal = math.log(2 * math.pi * math.e) + 0.5 * math.log(var1 * var2 - cov**2)
    assert normal == pytest.approx(1.9083, abs=1e-4)


@pytest.mark.parametrize("noise", [0.03, 0.1, 0.5])
@pytest.mark.parametrize("kind", [targets.TwoMoons, targets.Spirals])
def test_density_of_noisy_curves_is_the_convolution(kind, noise, generator):
    """Against a sum over 200,000 midpoints of the curve."""
    target = kind(noise).double()
    x = target.sample(5, generator) + noise * torch.randn(5, 2, generator=generator, dtype=F64)
    q = (torch.arange(200_000, dtype=F64) + 0.5) / 200_000
    if kind is targets.TwoMoons:
        first = torch.stack([torch.cos(math.pi * q), torch.sin(math.pi * q)], -1)
        second = torch.tensor([1.0, 0.5], dtype=F64) - first
    else:
        angle = 3 * math.pi * q.sqrt()
        first = (angle / 3)[:, None] * torch.stack([angle.cos(), angle.sin()], -1)
        second = -first
    centres = torch.cat([first, second])
    distance2 = torch.cdist(x, centres, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    p = torch.exp(-distance2 / (2 * noise**2)).mean(-1) / (2 * math.pi * noise**2)
    torch.testing.assert_close(target.log_prob(x), p.log(), rtol=0, atol=1e-7)


def test_rings_density_is_the_average_over_the_circle():
    x = torch.tensor([[0.0, 0.0], [0.3, -0.2], [1.4, 0.3], [2.0, 2.0]], dtype=F64)
    pdf = scipy.stats.norm(0, 0.3).pdf
    for p, log_prob in zip(x.numpy(), targets.Rings((1.5,), 0.3).double().log_prob(x), strict=True):
        around = lambda t, p=p: pdf(p - 1.5 * np.array([math.cos(t), math.sin(t)])).prod()
        total, _ = scipy.integrate.quad(around, 0, 2 * math.pi, epsabs=1e-13)
        assert log_prob.item() == pytest.approx(math.log(total / 2 / math.pi), rel=0, abs=1e-9)


def test_gaussian_ring_is_a_mixture():
    angles = 2 * math.pi * torch.arange(8, dtype=F64) / 8
    centres = 2 * torch.stack([angles.cos(), angles.sin()], -1)
    mixture = GaussianMixture(centres, torch.full_like(centres, 0.2))
    x = torch.tensor([[0.0, 0.0], [2.0, 0.1], [-1.0, 3.0]], dtype=F64)
    torch.testing.assert_close(exact(targets.GaussianRing()).log_prob(x), mixture.log_prob(x))


def test_entropy_of_well_separated_bumps_is_that_of_one_and_of_the_choice():
    one = math.log(2 * math.pi * math.e * 0.05**2)
    grid = targets.GaussianGrid(5, 1.0, 0.05)
    assert grid.entropy() == pytest.approx(one + math.log(25), abs=1e-7)


def test_the_twist_of_a_pinwheel_keeps_areas(generator):
    """One blade, twisted or not: |det| of v ↦ R(τ‖v‖)v is 1, so the entropies agree."""
    twist = lambda v: targets.shapes.rotate(v, 2.0 * torch.linalg.vector_norm(v, dim=-1))
    v = 2 * torch.randn(50, 2, generator=generator, dtype=F64)
    torch.testing.assert_close(torch.linalg.det(jacobian(twist, v)), torch.ones(50, dtype=F64))
    one_blade = math.log(2 * math.pi * math.e * 0.3 * 0.1)
    assert targets.Pinwheel(1, 2.0).entropy() == pytest.approx(one_blade, abs=1e-6)


def test_checkerboard_is_dark_where_column_and_row_agree():
    x = torch.tensor([[-3.0, -3.0], [-3.0, -1.0], [-1.0, -1.0], [3.0, 3.0], [5.0, 5.0], [3.0, 1.0]])
    dark = [True, False, True, True, False, False]
    expected = [-math.log(32.0) if d else -math.inf for d in dark]
    assert targets.Checkerboard().log_prob(x).tolist() == pytest.approx(expected)
    assert targets.Checkerboard().entropy() == math.log(32.0)


def test_no_sample_of_the_checkerboard_falls_off_a_dark_square(generator):
    """In bfloat16, with 8 bits, a draw near 1 would round onto the next square."""
    coarse = targets.Checkerboard().bfloat16()
    assert bool(coarse.log_prob(coarse.sample(20_000, generator)).isfinite().all())


def test_entropy_of_any_density_by_quadrature():
    entropy = targets.entropy(StandardNormal(2), (-9, -9), (9, 9))
    assert entropy == pytest.approx(math.log(2 * math.pi * math.e), abs=1e-9)

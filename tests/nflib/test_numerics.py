"""The instruments that check everything else, checked against closed forms and SciPy."""

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch

from nflib import Affine, Exp
from nflib.bijections import Bijection
from nflib.course.numerics import (
    backward_error,
    histogram_distance,
    integrate,
    jacobian,
    ks_critical,
    ks_distance,
    log_abs_det_jacobian,
    monte_carlo,
    round_trip_error,
)
from tests.nflib.helpers import F64


def polar(z: torch.Tensor) -> torch.Tensor:
    r, angle = z.unbind(-1)
    return torch.stack([r * angle.cos(), r * angle.sin()], dim=-1)


@pytest.mark.parametrize("batch", [(), (5,), (2, 3), (0,)], ids=str)
def test_jacobian_of_polar_coordinates(batch, generator):
    z = 1 + torch.rand(*batch, 2, generator=generator, dtype=F64)
    J = jacobian(polar, z)
    r, angle = z.unbind(-1)
    entries = [angle.cos(), -r * angle.sin(), angle.sin(), r * angle.cos()]
    torch.testing.assert_close(J, torch.stack(entries, -1).unflatten(-1, (2, 2)))
    torch.testing.assert_close(log_abs_det_jacobian(polar, z), r.log())
    assert not J.requires_grad and not z.requires_grad


def test_jacobian_rows_are_outputs_and_columns_inputs():
    A = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert torch.equal(jacobian(lambda z: z @ A.T, torch.zeros(2)), A)


def test_jacobian_reads_a_bijection_and_a_constant():
    z = torch.tensor([[1.0], [2.0]])
    torch.testing.assert_close(jacobian(Exp(), z)[:, 0, 0], z.exp()[:, 0])
    assert torch.equal(jacobian(torch.ones_like, z), torch.zeros(2, 1, 1))
    with torch.no_grad():
        assert jacobian(torch.sin, z).shape == (2, 1, 1)


def test_integral_of_polynomials_is_exact():
    line, plane = lambda x: x[:, 0] ** 15, lambda x: x[:, 0] ** 3 * x[:, 1] ** 2
    assert integrate(line, -1, 2, n=1) == pytest.approx((2**16 - 1) / 16, rel=1e-14)
    assert integrate(plane, (0, -1), (2, 3), n=2) == pytest.approx(4 * 28 / 3, rel=1e-14)


def test_integral_agrees_with_scipy():
    f = lambda x: np.exp(-x * x) * np.cos(3 * x)
    expected, _ = scipy.integrate.quad(f, -4, 5, epsabs=1e-14)
    got = integrate(lambda x: torch.exp(-(x[:, 0] ** 2)) * torch.cos(3 * x[:, 0]), -4, 5)
    assert got == pytest.approx(expected, abs=1e-14)


def test_integral_across_a_jump_is_good_to_a_fraction_of_a_panel():
    step = lambda x: (x[:, 0] > 1 / 3).double()
    for n in (10, 100):
        assert abs(integrate(step, 0, 1, n=n) - 2 / 3) < 0.2 / n


class Shifted(Bijection):
    """An inverse that is off by ``error``."""

    def __init__(self, error: float) -> None:
        super().__init__()
        self.error = error

    def _forward(self, z):
        return 2 * z, z.sum(-1)

    def _inverse(self, x):
        return x / 2 + self.error, x.sum(-1)


def test_round_trip_and_backward_error_measure_a_wrong_inverse():
    f, z = Shifted(0.25), torch.zeros(3, 2)
    assert round_trip_error(f, z) == 0.25 and backward_error(f, z) == 0.5
    assert round_trip_error(f, z[:0]) == 0.0
    assert round_trip_error(Affine(1.0, 2.0), z) == 0.0


def test_ks_distance_and_critical_value_agree_with_scipy(generator):
    x = torch.randn(500, generator=generator, dtype=F64)
    for mean in (-0.2, 0.2):  # the largest gap is below the empirical cdf, then above it
        law = scipy.stats.norm(mean)
        cdf = lambda x, law=law: torch.from_numpy(law.cdf(x.numpy()))
        expected = scipy.stats.kstest(x.numpy(), law.cdf).statistic
        assert ks_distance(x, cdf) == pytest.approx(expected, abs=1e-14)
        assert ks_distance(x[:, None], cdf) == ks_distance(x, cdf)
    for level in (0.01, 0.05):
        exact = scipy.stats.kstwo.ppf(1 - level, 20_000)
        assert ks_critical(20_000, level) == pytest.approx(exact, rel=0.01)
    assert ks_critical(20_000) == pytest.approx(0.0115, abs=5e-5)


def test_histogram_distance_by_hand():
    samples, edges = torch.tensor([0.1, 0.2, 0.7, 5.0]), torch.tensor([0.0, 0.5, 1.0])
    uniform = lambda x: x.clamp(0, 1)
    # fractions 1/2 and 1/4 against probabilities 1/2 and 1/2
    column, halves = samples[:, None], torch.tensor([0.5, 0.5])
    assert histogram_distance(samples, uniform, edges) == pytest.approx(0.25)
    assert histogram_distance(column, halves, edges) == pytest.approx(0.25)


def test_monte_carlo_is_mean_and_standard_error(generator):
    x = torch.randn(1000, generator=generator, dtype=F64)
    mean, error = monte_carlo(x)
    assert mean == pytest.approx(float(x.mean()))
    assert error == pytest.approx(scipy.stats.sem(x.numpy()))

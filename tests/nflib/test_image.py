"""Layers of images against torch.nn.functional, slogdet and loops over pixels."""

import pytest
import torch
from torch.nn import functional

from nflib import (
    Bijection,
    Composition,
    Convolution1x1,
    Flow,
    Patches,
    PerPixel,
    Planar,
    Split,
    Squeeze,
    StandardNormal,
)
from nflib.course.numerics import jacobian
from tests.nflib.bijection_cases import moved, multi_scale, planar
from tests.nflib.helpers import F64

SHAPES = pytest.mark.parametrize("shape", [(1, 2, 2), (1, 4, 6), (3, 4, 2), (2, 6, 6)], ids=str)


# Squeeze.


@SHAPES
def test_squeeze_is_pixel_unshuffle_towards_the_latent(shape, generator):
    x = torch.randn(5, *shape, generator=generator)
    f = Squeeze(shape)
    z, log_abs_det = f.inverse(x.flatten(-3))
    expected = functional.pixel_unshuffle(x, 2)
    C, H, W = shape
    assert expected.shape == (5, 4 * C, H // 2, W // 2)
    assert torch.equal(z, expected.flatten(-3)) and bool((log_abs_det == 0).all())
    back = functional.pixel_shuffle(expected, 2)
    assert torch.equal(f(z)[0], back.flatten(-3)) and torch.equal(back, x)


def test_a_square_of_pixels_becomes_the_channels_of_one():
    z = Squeeze((1, 2, 4)).inverse(torch.arange(8.0))[0].reshape(4, 2)
    assert z.T.tolist() == [[0, 1, 4, 5], [2, 3, 6, 7]]


# Patches.


@pytest.mark.parametrize("shape, patch", [((1, 4, 6), 2), ((3, 4, 4), 4), ((2, 3, 6), 3)], ids=str)
def test_patches_are_the_columns_of_unfold_towards_the_latent(shape, patch, generator):
    x = torch.randn(5, *shape, generator=generator)
    z, log_abs_det = Patches(shape, patch).inverse(x.flatten(-3))
    expected = functional.unfold(x, patch, stride=patch).mT.flatten(-2)
    assert torch.equal(z, expected) and bool((log_abs_det == 0).all())


def test_a_patch_that_does_not_divide_the_image_is_refused():
    with pytest.raises(ValueError, match="patch: expected a divisor of H and W, got 4"):
        Patches((1, 4, 6), 4)


# Split and the multi-scale architecture.


def test_split_moves_the_first_and_leaves_the_others(generator):
    f = planar(2, 1.0).double()
    z = torch.randn(6, 5, generator=generator, dtype=F64)
    x, log_abs_det = Split(f, 5)(z)
    moved_, expected = f(z[:, :2])
    torch.testing.assert_close(x, torch.cat([moved_, z[:, 2:]], 1), rtol=0, atol=0)
    torch.testing.assert_close(log_abs_det, expected, rtol=0, atol=0)


def test_half_of_the_coordinates_are_half_of_the_channels():
    f = PerPixel(Planar(2), (2, 3, 4))
    with torch.no_grad():
        f.bijection.v.fill_(5.0)
    z = torch.ones(4, 3, 4)
    x = Split(f, 48)(z.flatten())[0].reshape(4, 3, 4)
    assert bool((x[:2] != 1).all()) and bool((x[2:] == 1).all())


def test_multi_scale_as_written_by_hand(generator):
    """The architecture of Dinh et al. from the data, scale by scale, against the composition.

    And all coordinates come back in their place, in both orders.
    """

    def undo(layer, h):
        weight, b = layer.bijection.weight, layer.bijection.b
        return functional.conv2d(h - b[:, None, None], weight.inverse()[:, :, None, None])

    f = multi_scale().double()
    scale, _, actnorm, _ = f.bijections
    small, convolution = scale.bijection.bijections
    x = torch.randn(50, 8, generator=generator, dtype=F64)
    h = functional.pixel_unshuffle(x.reshape(50, 1, 2, 4), 2)
    h = (h - actnorm.bijection.m[:, None, None]) / actnorm.bijection.s.exp()[:, None, None]
    h = undo(f.bijections[1], h)
    h, done_first = undo(convolution, h[:, :2]), h[:, 2:]
    done_last, done_second = small.bijection.inverse(h[:, 0].flatten(1))[0], h[:, 1].flatten(1)
    expected = torch.cat([done_last, done_second, done_first.flatten(1)], 1)
    torch.testing.assert_close(f.inverse(x)[0], expected)
    torch.testing.assert_close(f(f.inverse(x)[0])[0], x, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(f.inverse(f(x)[0])[0], x, rtol=1e-12, atol=1e-12)


def test_the_nested_expression_of_the_docstring_is_a_flow(generator):
    shape, d = (1, 4, 4), 16
    f_1, f_2, f_3 = Planar(16), PerPixel(planar(2, 1.0), (2, 2, 2)), planar(4, -0.5)
    scales = Split(Composition(Split(f_3, d // 2), f_2), d)
    flow = Flow(StandardNormal(d), Composition(scales, Squeeze(shape), f_1))
    x = flow.sample(7, generator)
    torch.testing.assert_close(flow.from_latent(flow.to_latent(x)), x, rtol=1e-4, atol=1e-4)


# The 1×1 convolution and other layers at every pixel.


@SHAPES
def test_convolution_is_conv2d(shape, generator):
    C, H, W = shape
    f = moved(Convolution1x1(shape, generator).double())
    z = torch.randn(4, C, H, W, generator=generator, dtype=F64)
    x, log_abs_det = f(z.flatten(-3))
    weight, b = f.bijection.weight, f.bijection.b
    expected = functional.conv2d(z, weight[:, :, None, None], b)
    torch.testing.assert_close(x.reshape(4, C, H, W), expected)
    once = torch.linalg.slogdet(weight).logabsdet
    torch.testing.assert_close(log_abs_det, (H * W * once).expand(4))


def test_its_jacobian_is_the_matrix_at_each_pixel(generator):
    f = moved(Convolution1x1((2, 1, 3), generator).double())
    J = jacobian(f.forward, torch.zeros(6, dtype=F64))
    torch.testing.assert_close(J, torch.kron(f.bijection.weight, torch.eye(3, dtype=F64)))


def test_every_pixel_goes_through_the_same_bijection(generator):
    f = planar(3, 2.0).double()
    z = torch.randn(5, 3, 2, 4, generator=generator, dtype=F64)
    x, log_abs_det = PerPixel(f, (3, 2, 4))(z.flatten(-3))
    x, total = x.reshape(5, 3, 2, 4), torch.zeros(5, dtype=F64)
    for h in range(2):
        for w in range(4):
            image, at_pixel = f(z[:, :, h, w])
            torch.testing.assert_close(x[:, :, h, w], image)
            total = total + at_pixel
    torch.testing.assert_close(log_abs_det, total)


# Context.


class Shift(Bijection):
    """x = z + c."""

    def __init__(self, d):
        super().__init__()
        self.d = self.context_size = d

    def _forward(self, z, context=None):
        return z + context, z.new_zeros(z.shape[:-1])

    def _inverse(self, x, context=None):
        return x - context, x.new_zeros(x.shape[:-1])


@pytest.mark.parametrize("batch", [(), (5,), (2, 3)], ids=str)
def test_a_context_reaches_every_pixel_and_every_scale(batch, generator):
    c = torch.randn(*batch, 2, generator=generator)
    z = torch.zeros(*batch, 8)
    x = PerPixel(Shift(2), (2, 2, 2))(z, c)[0].reshape(*batch, 2, 2, 2)
    assert torch.equal(x, c[..., None, None].expand_as(x))
    f = Split(Shift(2), 8)
    assert torch.equal(f(z, c)[0], torch.cat([c, z[..., 2:]], -1))
    assert torch.equal(f.inverse(f(z, c)[0], c)[0], z)
    assert f.context_size == PerPixel(Shift(2), (2, 2, 2)).context_size == 2

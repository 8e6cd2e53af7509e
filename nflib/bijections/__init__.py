"""Bijections x = f(z) with exact inverse and exact log|det|, one file for each idea."""

from nflib.bijections.actnorm import ActNorm, initialise_actnorm
from nflib.bijections.autoregressive import (
    MaskedAffineAutoregressive,
    MaskedHistogramAutoregressive,
    MaskedSplineAutoregressive,
)
from nflib.bijections.bijection import Bijection, Composition, Inverse
from nflib.bijections.by_coordinate import ByCoordinate
from nflib.bijections.conditional import Conditional
from nflib.bijections.coupling import AdditiveCoupling, AffineCoupling, SplineCoupling
from nflib.bijections.dequantisation import LogitPreprocessing, bits_per_dim, dequantise, quantise
from nflib.bijections.elementwise import Affine, Exp, Log, Logit, Sigmoid, Softplus, Tanh
from nflib.bijections.histogram import histogram_knots
from nflib.bijections.image import Convolution1x1, Patches, PerPixel, Split, Squeeze
from nflib.bijections.linear import Linear
from nflib.bijections.lu import LULinear
from nflib.bijections.made import MADE
from nflib.bijections.orthogonal import Orthogonal
from nflib.bijections.permutation import Permutation
from nflib.bijections.planar import Planar
from nflib.bijections.planar_stack import PlanarStack
from nflib.bijections.radial import Radial
from nflib.bijections.sylvester import Sylvester
from nflib.bijections.transformer import CausalTransformer

__all__ = [
    "MADE",
    "ActNorm",
    "AdditiveCoupling",
    "Affine",
    "AffineCoupling",
    "Bijection",
    "ByCoordinate",
    "CausalTransformer",
    "Composition",
    "Conditional",
    "Convolution1x1",
    "Exp",
    "Inverse",
    "LULinear",
    "Linear",
    "Log",
    "Logit",
    "LogitPreprocessing",
    "MaskedAffineAutoregressive",
    "MaskedHistogramAutoregressive",
    "MaskedSplineAutoregressive",
    "Orthogonal",
    "Patches",
    "PerPixel",
    "Permutation",
    "Planar",
    "PlanarStack",
    "Radial",
    "Sigmoid",
    "Softplus",
    "SplineCoupling",
    "Split",
    "Squeeze",
    "Sylvester",
    "Tanh",
    "bits_per_dim",
    "dequantise",
    "histogram_knots",
    "initialise_actnorm",
    "quantise",
]

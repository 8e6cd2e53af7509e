"""nflib: normalizing flows to learn from and to use.

A flow is a base density and bijections, ``x = f(z)``: forward goes from the base to the data
(sampling), inverse from the data to the base (density).

Example:
    >>> import torch
    >>> from nflib import Exp, Flow, StandardNormal
    >>> log_normal = Flow(StandardNormal(1), Exp())
    >>> log_normal.log_prob(torch.tensor([[1.0], [-1.0]]))
    tensor([-0.9189,    -inf])
"""

from nflib.bijections import (
    MADE,
    ActNorm,
    AdditiveCoupling,
    Affine,
    AffineCoupling,
    Bijection,
    ByCoordinate,
    CausalTransformer,
    Composition,
    Conditional,
    Convolution1x1,
    Exp,
    Inverse,
    Linear,
    Log,
    Logit,
    LogitPreprocessing,
    LULinear,
    MaskedAffineAutoregressive,
    MaskedHistogramAutoregressive,
    MaskedSplineAutoregressive,
    Orthogonal,
    Patches,
    Permutation,
    PerPixel,
    Planar,
    PlanarStack,
    Radial,
    Sigmoid,
    Softplus,
    SplineCoupling,
    Split,
    Squeeze,
    Sylvester,
    Tanh,
    bits_per_dim,
    dequantise,
    histogram_knots,
    initialise_actnorm,
    quantise,
)
from nflib.densities import BaseDensity, Box, StandardNormal, StandardUniform
from nflib.flow import Flow
from nflib.gaussians import DiagonalNormal, GaussianMixture
from nflib.guidance import guided, tempered
from nflib.inversion_error import InversionError, inversion_error
from nflib.monte_carlo import Estimate, entropy, kl_divergence
from nflib.networks import MLP
from nflib.ready_made import (
    image_flow,
    maf,
    planar_flow,
    real_nvp,
    spline_autoregressive_flow,
    spline_coupling_flow,
)
from nflib.sampling import Sample, complete, sample
from nflib.torch_distributions import as_distribution, as_transform
from nflib.training import History, NonFiniteLoss, fit, fit_to_density

__version__ = "0.2.0"

__all__ = [
    "MADE",
    "MLP",
    "ActNorm",
    "AdditiveCoupling",
    "Affine",
    "AffineCoupling",
    "BaseDensity",
    "Bijection",
    "Box",
    "ByCoordinate",
    "CausalTransformer",
    "Composition",
    "Conditional",
    "Convolution1x1",
    "DiagonalNormal",
    "Estimate",
    "Exp",
    "Flow",
    "GaussianMixture",
    "History",
    "Inverse",
    "InversionError",
    "LULinear",
    "Linear",
    "Log",
    "Logit",
    "LogitPreprocessing",
    "MaskedAffineAutoregressive",
    "MaskedHistogramAutoregressive",
    "MaskedSplineAutoregressive",
    "NonFiniteLoss",
    "Orthogonal",
    "Patches",
    "PerPixel",
    "Permutation",
    "Planar",
    "PlanarStack",
    "Radial",
    "Sample",
    "Sigmoid",
    "Softplus",
    "SplineCoupling",
    "Split",
    "Squeeze",
    "StandardNormal",
    "StandardUniform",
    "Sylvester",
    "Tanh",
    "as_distribution",
    "as_transform",
    "bits_per_dim",
    "complete",
    "dequantise",
    "entropy",
    "fit",
    "fit_to_density",
    "guided",
    "histogram_knots",
    "image_flow",
    "initialise_actnorm",
    "inversion_error",
    "kl_divergence",
    "maf",
    "planar_flow",
    "quantise",
    "real_nvp",
    "sample",
    "spline_autoregressive_flow",
    "spline_coupling_flow",
    "tempered",
]

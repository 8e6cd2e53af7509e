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

from nflib import bijections
from nflib.bijections import *  # noqa: F403
from nflib.densities import BaseDensity, Box, StandardNormal, StandardUniform
from nflib.flow import Flow
from nflib.gaussian_mixture import GaussianMixture
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
    "MLP",
    "BaseDensity",
    "Box",
    "Estimate",
    "Flow",
    "GaussianMixture",
    "History",
    "InversionError",
    "NonFiniteLoss",
    "Sample",
    "StandardNormal",
    "StandardUniform",
    "as_distribution",
    "as_transform",
    "complete",
    "entropy",
    "fit",
    "fit_to_density",
    "guided",
    "image_flow",
    "inversion_error",
    "kl_divergence",
    "maf",
    "planar_flow",
    "real_nvp",
    "sample",
    "spline_autoregressive_flow",
    "spline_coupling_flow",
    "tempered",
]
__all__ += bijections.__all__

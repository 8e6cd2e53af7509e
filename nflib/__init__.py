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

from nflib.base import BaseDensity, Box, StandardNormal, StandardUniform
from nflib.bijections import (
    Affine,
    Bijection,
    Composition,
    Exp,
    Inverse,
    Linear,
    Log,
    Logit,
    Planar,
    Sigmoid,
    Softplus,
    Tanh,
)
from nflib.flow import Flow

__version__ = "0.1.0"

__all__ = [
    "Affine",
    "BaseDensity",
    "Bijection",
    "Box",
    "Composition",
    "Exp",
    "Flow",
    "Inverse",
    "Linear",
    "Log",
    "Logit",
    "Planar",
    "Sigmoid",
    "Softplus",
    "StandardNormal",
    "StandardUniform",
    "Tanh",
]

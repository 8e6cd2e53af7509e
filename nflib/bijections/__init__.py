"""Bijections x = f(z) with exact inverse and exact log|det|, one file an idea."""

from nflib.bijections.core import Bijection, Composition, Inverse
from nflib.bijections.elementwise import Affine, Exp, Log, Logit, Sigmoid, Softplus, Tanh
from nflib.bijections.linear import Linear
from nflib.bijections.planar import Planar

__all__ = [
    "Affine",
    "Bijection",
    "Composition",
    "Exp",
    "Inverse",
    "Linear",
    "Log",
    "Logit",
    "Planar",
    "Sigmoid",
    "Softplus",
    "Tanh",
]

"""Training a flow: to data by maximum likelihood, or to a density known up to a factor."""

from nflib.training.fit import fit, fit_to_density
from nflib.training.history import History, NonFiniteLoss
from nflib.training.options import Options

__all__ = ["History", "NonFiniteLoss", "Options", "fit", "fit_to_density"]

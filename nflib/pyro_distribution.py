"""The law of a flow with the methods that Pyro asks for; only this file imports Pyro."""

from pyro.distributions.torch_distribution import TorchDistributionMixin

from nflib.flow_distribution import FlowDistribution


class PyroFlowDistribution(FlowDistribution, TorchDistributionMixin):
    """A FlowDistribution for ``pyro.sample``, plates, masks, SVI and NUTS."""

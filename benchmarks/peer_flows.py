"""The flows of the comparison, built with other libraries: networks of the same size, the same batch, float32.

Each builder returns functions without arguments, by the name of the operation: forward or log_prob, sample, train.
"""

from __future__ import annotations

import itertools

import normflows
import pyro.distributions as pyro_dist
import torch
import zuko
from nflows.distributions import StandardNormal as NflowsNormal
from nflows.flows import Flow as NflowsFlow
from nflows.transforms import (
    AffineCouplingTransform,
    CompositeTransform,
    MaskedAffineAutoregressiveTransform,
    ReversePermutation,
)
from pyro.distributions import transforms as pyro_t
from torch import nn

HIDDEN = (128, 128)


def training_step(parameters, loss):
    """Return a function that computes a loss and its gradients, without an optimiser."""
    parameters = list(parameters)

    def step():
        for parameter in parameters:
            parameter.grad = None
        loss().backward()

    return step


def without_gradient(function):
    """Return a function that runs under no_grad."""

    def run():
        with torch.no_grad():
            return function()

    return run


def mlp(inputs: int, outputs: int) -> nn.Sequential:
    """Return the network that every coupling uses."""
    sizes = [inputs, *HIDDEN]
    layers = [layer for a, b in itertools.pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


class IgnoresContext(nn.Module):
    """A network for nflows, which hands over a context also when there is none."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, context=None):
        return self.network(x)


def reverse_kl(x, log_abs_det):
    """A loss of values and log-dets: the part of a reverse KL that depends on the flow, for a normal target."""
    return (0.5 * x.square().sum(-1) - log_abs_det).mean()


# Planar, tanh: forward + log-det, and a training step through it


def normflows_planar(d, K, z):
    """K planar layers of normflows 1.7, one module each."""
    layers = nn.ModuleList(normflows.flows.Planar((d,)) for _ in range(K))

    def forward():
        x, total = z, 0.0
        for layer in layers:
            x, log_abs_det = layer(x)
            total = total + log_abs_det
        return x, total

    train = training_step(layers.parameters(), lambda: reverse_kl(*forward()))
    return {"forward": without_gradient(forward), "train": train}


def pyro_planar(d, K, z):
    """K planar layers of pyro 1.9, one transform each."""
    layers = [pyro_t.planar(d) for _ in range(K)]

    def forward():
        x, total = z, 0.0
        for layer in layers:
            y = layer(x)
            total = total + layer.log_abs_det_jacobian(x, y)
            layer.clear_cache()
            x = y
        return x, total

    parameters = [p for layer in layers for p in layer.parameters()]
    train = training_step(parameters, lambda: reverse_kl(*forward()))
    return {"forward": without_gradient(forward), "train": train}


# RealNVP, MAF and splines: log_prob of data, sampling, a training step by maximum likelihood.
# All autoregressive flows reorder the coordinates between their layers, zuko's by its masks.


def nflows_flow(transforms, d, x):
    flow = NflowsFlow(CompositeTransform(transforms), NflowsNormal([d]))
    return {
        "log_prob": without_gradient(lambda: flow.log_prob(x)),
        "sample": without_gradient(lambda: flow.sample(len(x))),
        "train": training_step(flow.parameters(), lambda: -flow.log_prob(x).mean()),
    }


def nflows_realnvp(d, layers, x):
    """Affine couplings of nflows 0.14."""
    masks = [torch.arange(d) % 2 == k % 2 for k in range(layers)]
    return nflows_flow(
        [AffineCouplingTransform(mask, lambda i, o: IgnoresContext(mlp(i, o))) for mask in masks],
        d,
        x,
    )


def nflows_reversing(layers, d, x):
    """Layers of nflows with the order of the coordinates reversed behind each."""
    return nflows_flow([part for layer in layers for part in (layer, ReversePermutation(d))], d, x)


def nflows_maf(d, layers, x):
    """Masked affine autoregressive layers of nflows 0.14."""
    layer = MaskedAffineAutoregressiveTransform
    return nflows_reversing(
        [layer(d, HIDDEN[0], num_blocks=2, use_residual_blocks=False) for _ in range(layers)], d, x
    )


def _normflows(flows, d, x):
    flow = normflows.NormalizingFlow(
        normflows.distributions.DiagGaussian(d, trainable=False), flows
    )
    return {
        "log_prob": without_gradient(lambda: flow.log_prob(x)),
        "sample": without_gradient(lambda: flow.sample(len(x))[0]),
        "train": training_step(flow.parameters(), lambda: -flow.log_prob(x).mean()),
    }


def normflows_realnvp(d, layers, x):
    """Affine couplings of normflows 1.7, with the halves swapped in between."""
    flows = []
    for _ in range(layers):
        network = normflows.nets.MLP([d // 2, *HIDDEN, d])
        flows += [
            normflows.flows.AffineCouplingBlock(network),
            normflows.flows.Permute(d, mode="swap"),
        ]
    return _normflows(flows, d, x)


def normflows_maf(d, layers, x):
    """Masked affine autoregressive layers of normflows 1.7, reversed: its own direction is that of IAF."""
    layer = normflows.flows.MaskedAffineAutoregressive
    flows = []
    for _ in range(layers):
        own = layer(d, HIDDEN[0], num_blocks=2, use_residual_blocks=False)
        flows += [normflows.flows.Reverse(own), normflows.flows.Permute(d, mode="swap")]
    return _normflows(flows, d, x)


def zuko_flow(flow, x):
    return {
        "log_prob": without_gradient(lambda: flow().log_prob(x)),
        "sample": without_gradient(lambda: flow().sample((len(x),))),
        "train": training_step(flow.parameters(), lambda: -flow().log_prob(x).mean()),
    }


def zuko_realnvp(d, layers, x):
    """The RealNVP of zuko 1.6."""
    return zuko_flow(zuko.flows.RealNVP(d, transforms=layers, hidden_features=HIDDEN), x)


def zuko_maf(d, layers, x):
    """The MAF of zuko 1.6."""
    return zuko_flow(zuko.flows.MAF(d, transforms=layers, hidden_features=HIDDEN), x)


def _pyro(modules, transforms, d, x):
    """Operations that forget pyro's last result first: it would be returned again for the same tensor."""
    base = pyro_dist.Normal(torch.zeros(d), torch.ones(d)).to_event(1)
    flow = pyro_dist.TransformedDistribution(base, transforms)

    def log_prob():
        for module in modules:
            module.clear_cache()
        return flow.log_prob(x)

    parameters = [parameter for module in modules for parameter in module.parameters()]
    return {
        "log_prob": without_gradient(log_prob),
        "sample": without_gradient(lambda: flow.sample((len(x),))),
        "train": training_step(parameters, lambda: -log_prob().mean()),
    }


def pyro_realnvp(d, layers, x):
    """Affine couplings of pyro 1.9, with the coordinates reversed in between."""
    modules = [pyro_t.affine_coupling(d, hidden_dims=list(HIDDEN)) for _ in range(layers)]
    transforms = []
    for module in modules:
        transforms += [module, pyro_t.Permute(torch.arange(d).flip(0))]
    return _pyro(modules, transforms, d, x)


def pyro_maf(d, layers, x):
    """Affine autoregressive layers of pyro 1.9, inverted: its own direction is that of IAF."""
    modules = [pyro_t.affine_autoregressive(d, list(HIDDEN)) for _ in range(layers)]
    transforms = []
    for module in modules:
        transforms += [module.inv, pyro_t.Permute(torch.arange(d).flip(0))]
    return _pyro(modules, transforms, d, x)

"""The fits of the quality table: models, their training, and their distance from the truth.

Every fit has one seed, stated in the table; none was chosen among several. Test points are drawn
anew, and nothing is fitted to them nor chosen by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch
from quality_laws import Bent, Beta25
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR

from nflib import (
    ActNorm,
    AffineCoupling,
    Bijection,
    Flow,
    LogitPreprocessing,
    MaskedAffineAutoregressive,
    Permutation,
    PlanarStack,
    StandardNormal,
    bits_per_dim,
    dequantise,
    fit,
    fit_to_density,
    initialise_actnorm,
)
from nflib.bijections.coupling import Coupling
from nflib.course.targets import Rings, load_digits
from nflib.course.targets.energies import Energy
from nflib.course.targets.target import Target

LEVELS = 17
READY_LR = 5e-3
SPLIT = (1257, 180, 360)


class Network(nn.Sequential):
    """A conditioner with SiLU and dropout between linear maps; the last one starts at zero."""

    def __init__(self, sizes: tuple[int, ...], dropout: float = 0.0) -> None:
        layers: list[nn.Module] = []
        for n, m in pairwise(sizes):
            layers += [nn.Linear(n, m), nn.SiLU(), nn.Dropout(dropout)]
        super().__init__(*layers[:-2])
        nn.init.zeros_(self[-1].weight)
        nn.init.zeros_(self[-1].bias)


def planar(layers: int) -> Flow:
    """A learned affine layer, then K planar ones, then an affine one: trained through its inverse."""
    return Flow(StandardNormal(2), ActNorm(2), PlanarStack(2, layers), ActNorm(2)).double()


def reverse_planar(layers: int) -> Flow:
    """A learned affine layer of scale 2 at first, then K planar ones: for the energies."""
    first = ActNorm(2)
    nn.init.constant_(first.s, math.log(2.0))
    return Flow(StandardNormal(2), first, PlanarStack(2, layers)).double()


def coupling(kind: type[Coupling], layers: int, width: int = 64) -> Flow:
    """Couplings whose masks alternate, each with a network of two hidden layers."""
    numbers = 2 if kind is AffineCoupling else 3 * 8 - 1  # 8 bins
    masks = [torch.tensor([k % 2 == 0, k % 2 == 1]) for k in range(layers)]
    parts = [kind(mask, Network((1, width, width, numbers))) for mask in masks]
    return Flow(StandardNormal(2), *parts, ActNorm(2)).double()


def circles(noise: float) -> Rings:
    """Two circles, of radii ½ and 1."""
    return Rings((0.5, 1.0), noise)


def energy(
    law: type[Energy], layers: int, seed: int, steps: int = 4000, test: int = 200_000
) -> dict:
    """KL(q‖p) of a planar flow fitted by reverse KL, with annealing β_t = min(1, 0.01 + 2t/steps)."""
    torch.manual_seed(seed)
    target, flow = law().double(), reverse_planar(layers)
    fit_to_density(
        flow,
        lambda z: -target.energy(z),
        steps=steps,
        batch=512,
        lr=0.01,
        clip=5.0,
        scheduler=lambda o: OneCycleLR(o, 0.01, total_steps=steps),
        annealing=lambda t: min(1.0, 0.01 + 2 * t / steps),
        generator=torch.Generator().manual_seed(seed),
        progress=False,
    )
    with torch.no_grad():
        z, log_q = flow.sample_with_log_prob(test, torch.Generator().manual_seed(seed + 1))
        log_w = target.log_prob(z) - log_q
    w = (log_w - log_w.max()).exp()
    fraction = float(w.sum().square() / (len(w) * w.square().sum()))
    return measured(-log_w, flow) | {"extra": f"{fraction:.2f}"}


def plane(
    law: Callable[[float], Target],
    noise: float,
    build: Callable[[], Flow],
    seed: int,
    points: int,
    lr: float,
    steps: int = 3000,
    test: int = 20_000,
) -> dict:
    """KL(p‖q) = NLL − entropy on fresh points, of a flow fitted by maximum likelihood.

    Both are means over the same test points, as log p is known; the unit of the data does not
    matter to the difference. ``extra`` is the NLL of the standardised points.
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    target, flow = law(noise).double(), build()
    x, held_out, fresh = target.sample(points + 1000 + test, generator).split([points, 1000, test])
    initialise_actnorm(flow.bijection, x)
    fit(
        flow,
        x,
        held_out,
        steps=steps,
        batch=256,
        lr=lr,
        clip=5.0,
        scheduler=lambda o: OneCycleLR(o, lr, total_steps=steps),
        generator=generator,
        progress=False,
    )
    with torch.no_grad():
        log_q = flow.log_prob(fresh)
        difference = target.log_prob(fresh) - log_q
    standardised = -float(log_q.mean()) - float(x.std(0, correction=0).log().sum())
    return measured(difference, flow) | {"extra": f"{standardised:.3f}"}


def checkerboard(layers: int = 6, width: int = 256, dropout: float = 0.4) -> list[Bijection]:
    """Affine couplings of the pixels of one colour by those of the other, an ActNorm behind each."""
    row, column = torch.arange(64) // 8, torch.arange(64) % 8
    parts: list[Bijection] = []
    for k in range(layers):
        mask = (row + column) % 2 == k % 2
        parts += [AffineCoupling(mask, Network((32, width, width, 64), dropout)), ActNorm(64)]
    return parts


def autoregressive(layers: int = 3, width: int = 512) -> list[Bijection]:
    """Masked autoregressive layers, in the natural order and in the reverse one."""
    parts: list[Bijection] = []
    for _ in range(layers):
        parts += [MaskedAffineAutoregressive(64, (width,)), Permutation.reverse(64), ActNorm(64)]
    return parts


def digits(
    parts: Callable[[], list[Bijection]],
    seed: int,
    lr: float,
    epochs: int = 200,
    draws: int = 20,
) -> dict:
    """Bits a pixel of held-out digits, uniform dequantisation: an upper bound of the discrete code."""
    torch.manual_seed(seed)
    train, held_out, test = load_digits().split(*SPLIT)
    flow = Flow(StandardNormal(64), *parts(), LogitPreprocessing(0.01))
    prepare = lambda v, generator: dequantise(v, LEVELS, generator)
    generator = torch.Generator().manual_seed(seed)
    initialise_actnorm(flow.bijection, prepare(train.images, generator))
    steps_per_epoch = len(train) // 128
    steps, warm = epochs * steps_per_epoch, 5 * steps_per_epoch

    def rate(step: int) -> float:
        rest = max(0, step - warm) / max(1, steps - warm)
        return min(1.0, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * rest))

    fit(
        flow,
        train.images,
        held_out.images,
        steps=steps,
        batch=128,
        lr=lr,
        every=5 * steps_per_epoch,
        optimiser=partial(torch.optim.AdamW, weight_decay=1e-4, fused=True),
        scheduler=lambda o: LambdaLR(o, rate),
        prepare=prepare,
        generator=generator,
        progress=False,
    )
    flow.eval()
    with torch.no_grad():
        drawn = [flow.log_prob(prepare(test.images, generator)) for _ in range(draws)]
        bits = bits_per_dim(torch.stack(drawn).mean(0), 64, LEVELS)
    return measured(bits, flow) | {"extra": ""}


def ready_made(
    build: Callable[..., Flow],
    law: Callable[[], Target | Beta25 | Bent],
    seeds: Sequence[int],
    points: int = 20_000,
    steps: int = 2000,
    test: int = 10_000,
) -> dict:
    """KL(p‖q) on fresh points of a ready-made flow as it comes, the worst of the seeds.

    ``extra`` are those of all seeds, in their order.
    """
    results = []
    for seed in seeds:
        target, generator = law(), torch.Generator().manual_seed(seed)
        flow = build(target.d, generator=generator)
        sizes = [points, 1000, test]
        x, held_out, fresh = target.sample(sum(sizes), generator).split(sizes)
        fit(
            flow,
            x.float(),
            held_out.float(),
            steps=steps,
            lr=READY_LR,
            scheduler=lambda o: OneCycleLR(o, READY_LR, total_steps=steps),
            generator=generator,
            progress=False,
        )
        with torch.no_grad():
            log_q = flow.log_prob(fresh.float()).double()
        results.append(measured(target.log_prob(fresh) - log_q, flow))
    each = " ".join(f"{result['value']:.3f}" for result in results)
    # NaN is worse than any number
    return max(results, key=lambda r: (math.isnan(r["value"]), r["value"])) | {"extra": each}


def measured(values: Tensor, flow: Flow) -> dict:
    """The mean, its standard error over the points, and the number of parameters."""
    error = float(values.std() / math.sqrt(len(values)))
    return {
        "value": float(values.mean()),
        "error": error,
        "parameters": sum(p.numel() for p in flow.parameters()),
    }

"""The cases of the quality table, one a row: a law, a model, and the numbers that others reached."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import quality_fits as fits
from quality_laws import Bent, Beta25

from nflib import (
    AffineCoupling,
    SplineCoupling,
    maf,
    planar_flow,
    real_nvp,
    spline_autoregressive_flow,
    spline_coupling_flow,
)
from nflib.course.targets import U1, U2, U3, U4, Rings, TwoMoons

SEED = 0


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        section, law, model: its place in the table.
        fit: trains and measures; its keyword arguments make it shorter.
        references: (who, number), the first being the one to reach; none if nobody has measured it.
    """

    section: str
    law: str
    model: str
    fit: Callable[..., dict]
    references: tuple[tuple[str, float], ...] = ()

    @property
    def key(self) -> str:
        return f"{self.section}: {self.law}, {self.model}"

    @property
    def size(self) -> int:
        """The number in the name of the model: about how long it takes."""
        return int(re.search(r"\d+", self.model)[0])


ENERGIES = "energies"
PLANE = "plane"
DIGITS = "digits"
READY = "ready"
LONGEST_FIRST = [READY, DIGITS, PLANE, ENERGIES]
QUICK = {
    ENERGIES: {"steps": 20, "test": 500},
    PLANE: {"steps": 20, "points": 1000, "test": 500},
    DIGITS: {"epochs": 1, "draws": 1},
    READY: {"steps": 20, "points": 1000, "test": 500},
}
TITLES = {
    ENERGIES: (
        "Energies of Rezende and Mohamed, by reverse KL",
        "KL(q‖p) in nats by 200,000 samples of the flow, with the exact normaliser of p. ESS is the "
        "effective sample size as a fraction: near 0 where a part of p was lost, which a KL "
        "hardly shows. Affine layer + K planar layers, 4000 steps of 512 points, Adam, one-cycle "
        "rate of peak 0.01, annealing, float64. A: the same in throw-away code, before the "
        "library. B: planar layers without the affine one and without annealing, 6000 steps; its "
        "wall, which bounds U2 to U4, is another one. Rezende and Mohamed print a figure without "
        "units, and no numbers.",
        "ESS",
    ),
    PLANE: (
        "Moons and circles, by maximum likelihood",
        "KL(p‖q) = NLL − entropy in nats, by 20,000 fresh points; the entropy is that of the "
        "same points under the exact density. NLL is that of the points once standardised, as the "
        "published numbers are. 3000 steps of 256 points, Adam, one-cycle rate, float64; the "
        "record kept is the best one on 1000 other points. Moons .1: 20,000 training points; "
        "the others, noise .06, 4000, circles of radii ½ and 1. A: throw-away code of the same "
        "sizes, best of its seeds. C: a published benchmark, RealNVP with 71,744 parameters "
        "and planar K = 32; its numbers are NLL, its radii are not known to us.",
        "NLL",
    ),
    DIGITS: (
        "Digits 8×8, by maximum likelihood",
        "Bits a pixel of 360 held-out images (split 1257/180/360), uniform dequantisation over 17 "
        "levels, mean of 20 draws; a bound from above. 200 epochs, float32; the record "
        "kept is the best one on the 180. Uniform law: 4.087; independent histograms: 2.434; full "
        "Gaussian: 2.452. A: throw-away code of the same kind, best of its seeds; its shuffle "
        "was another one.",
        "",
    ),
    READY: (
        "Ready-made flows",
        "KL(p‖q) in nats by 10,000 fresh points and the exact density, of the flows of "
        "`nflib.ready_made` as they come: 20,000 training points, the record kept is the best one "
        "on 1000 others; 2000 steps of 256 points, Adam, one-cycle rate of peak 0.005, float32. The "
        "spline flows have five seeds, 0 to 4, the others seed 0; the worst is in bold, and the "
        "seconds are those of all seeds. Affine layers on the line give normal laws only, and "
        "the two spline flows are one flow there: no rows. Moons: noise .1; rings: radii 1, 2, 3 "
        "and noise .1; the banana and its relative in five dimensions: see quality_laws.py.",
        "each seed",
    ),
}


def cases() -> list[Case]:
    """All cases, in the order of the table."""
    rows = []
    for target, two, eight, thirty_two in (
        (U1, 0.256, 0.097, 0.008),
        (U2, 0.559, 0.181, 0.0035),
        (U3, 0.565, 0.326, 0.040),
        (U4, 0.488, 0.243, 0.014),
    ):
        for K, reference in (2, ("B", two)), (8, ("B", eight)), (32, ("A", thirty_two)):
            required = (("required", 0.02),) if (target, K) == (U1, 32) else ()
            fit = partial(fits.energy, target, K, seed=SEED)
            rows.append(
                Case(ENERGIES, target.__name__, f"planar K={K}", fit, (*required, reference))
            )
    models = {
        "planar K=10": (partial(fits.planar, 10), 0.02),
        "planar K=32": (partial(fits.planar, 32), 0.01),
        "RealNVP, 8 layers": (partial(fits.coupling, AffineCoupling, 8), 0.005),
        "spline coupling, 4 layers": (partial(fits.coupling, SplineCoupling, 4), 0.005),
    }
    laws = {"moons .1": (TwoMoons, 0.1), "moons .06": (TwoMoons, 0.06)}
    laws["circles .06"] = (fits.circles, 0.06)
    for law, model, references in (
        ("moons .1", "planar K=10", (("A", 0.12),)),
        ("moons .1", "planar K=32", (("A", 0.036),)),
        ("moons .1", "RealNVP, 8 layers", (("A", 0.027),)),
        ("moons .1", "spline coupling, 4 layers", ()),
        ("moons .06", "planar K=32", (("C, NLL", 2.92),)),
        ("moons .06", "RealNVP, 8 layers", (("C, NLL", 1.3375),)),
        ("circles .06", "planar K=32", (("C, NLL", 2.85),)),
        ("circles .06", "RealNVP, 8 layers", (("C, NLL", 2.0891),)),
        ("circles .06", "spline coupling, 4 layers", ()),
    ):
        (target, noise), (flow, lr) = laws[law], models[model]
        points = 20_000 if noise == 0.1 else 4000
        fit = partial(fits.plane, target, noise, flow, seed=SEED, points=points, lr=lr)
        rows.append(Case(PLANE, law, model, fit, references))
    for model, parts, rate, references in (
        ("RealNVP, 6 layers", fits.checkerboard, 2e-3, (("required", 2.06), ("A", 2.051))),
        ("MAF, 3 layers", fits.autoregressive, 1e-3, (("A", 2.087),)),
    ):
        fit = partial(fits.digits, parts, lr=rate, seed=SEED)
        rows.append(Case(DIGITS, "digits", model, fit, references))
    for law, target in {
        "moons": lambda: TwoMoons(0.1).double(),
        "rings": lambda: Rings((1.0, 2.0, 3.0), 0.1).double(),
        "Beta(2, 5)": Beta25,
        "banana": partial(Bent, 2, 1.0),
        "bent, d = 5": partial(Bent, 5, 0.5),
    }.items():
        for build in (planar_flow, real_nvp, maf, spline_coupling_flow, spline_autoregressive_flow):
            if target is Beta25 and build in (real_nvp, maf, spline_coupling_flow):
                continue
            layers = inspect.signature(build).parameters["layers"].default
            seeds = range(5) if build.__name__.startswith("spline") else range(1)
            fit = partial(fits.ready_made, build, target, seeds)
            rows.append(
                Case(READY, law, f"{build.__name__}, {layers} layers", fit, (("limit", 0.05),))
            )
    return rows

"""Target laws to fit flows to, with known entropy, so that the error of a fit is known in nats.

Each but the digits is a density on the plane: ``sample``, ``log_prob``, ``entropy``; so that
    KL(p‖q) = −H(p) − E_p log q  and  KL(q‖p) = E_q (log q − log p).
"""

from nflib.course.targets.curves import Spirals, TwoMoons
from nflib.course.targets.digits import Digits, load_digits
from nflib.course.targets.energies import U1, U2, U3, U4
from nflib.course.targets.mnist import load_mnist, mnist_flow
from nflib.course.targets.mnist_runs import mnist_counts, mnist_record
from nflib.course.targets.pixel_groups import mnist_couplings
from nflib.course.targets.shapes import Checkerboard, GaussianGrid, GaussianRing, Pinwheel, Rings
from nflib.course.targets.target import Target, entropy

__all__ = [
    "U1",
    "U2",
    "U3",
    "U4",
    "Checkerboard",
    "Digits",
    "GaussianGrid",
    "GaussianRing",
    "Pinwheel",
    "Rings",
    "Spirals",
    "Target",
    "TwoMoons",
    "entropy",
    "load_digits",
    "load_mnist",
    "mnist_counts",
    "mnist_couplings",
    "mnist_flow",
    "mnist_record",
]

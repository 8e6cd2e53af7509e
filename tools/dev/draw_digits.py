"""Draw the digits of the start page and the README, by the flow that comes with nflib, into book/_static.

    digits-drawn.png      fifty samples; each column was asked for a digit, from 0 to 9.
    digits-completed.png  ten test images without their lower part, and four exact draws of it, without the label.

A test asks that they be those of the flow.
Usage: python -m tools.dev.draw_digits      (a minute)
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from nflib import complete, dequantise, quantise
from nflib.course import plotting
from nflib.course.targets import load_mnist, mnist_flow
from tools.course import ROOT
from tools.dev.mnist_shared import LABELS, Q, d, seeded

KNOWN, SCALE = 16 * 28, 2


def sheets() -> dict[str, Tensor]:
    """Return the images of each file, (50, 784): levels, NaN where unknown."""
    flow = mnist_flow()
    drawn = flow.sample(50, seeded(1), torch.eye(LABELS).repeat(5, 1))
    test = load_mnist().images[30:40].float()
    y = dequantise(test, Q, seeded()).repeat(4, 1)
    filled = complete(flow, y, torch.arange(d) < KNOWN, seeded(1), torch.zeros(40, LABELS)).x
    test[:, KNOWN:] = torch.nan
    return {
        "digits-drawn": quantise(drawn, Q).float(),
        "digits-completed": torch.cat([test, quantise(filled, Q).float()]),
    }


def main() -> None:
    for name, images in sheets().items():
        (picture,) = plotting.image_sheets({"": images})[0].images
        pixels = picture.get_array().repeat(SCALE, 0).repeat(SCALE, 1)
        file = ROOT / f"book/_static/{name}.png"
        plt.imsave(file, picture.cmap(picture.norm(pixels)))
        print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

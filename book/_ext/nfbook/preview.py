"""The picture that goes with a link to the course: a Gaussian that becomes two moons, drawn once an edition.

One picture instead of a card a page (sphinxext-opengraph draws those): a card takes a fifth of a second and 85 kB, and
shows the first formulas of the page as text.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from PIL import Image
from scipy.optimize import linear_sum_assignment

SIZE = (1200, 630)  # pixels, what every service shows uncut
NIGHT, PAPER, MIST = "#0f1720", "#ffffff", "#b4c0cc"
BASE, MIDDLE, MODEL = "#5aa2f5", "#b9a7c9", "#f28a2e"  # the figures' blue and orange, for the dark
POINTS, STEPS = 420, 48
SUBTITLE = {
    "es": "De una gaussiana a los datos, con fórmulas que se comprueban",
    "en": "From a Gaussian to the data, with formulas that are checked",
}


def two_moons(rng: np.random.Generator) -> np.ndarray:
    """Return points on two half circles that hold each other, slightly blurred."""
    angle = np.pi * rng.random(POINTS)
    sign = np.where(np.arange(POINTS) % 2, 1.0, -1.0)
    moons = np.stack([sign * (np.cos(angle) - 0.5), sign * (np.sin(angle) - 0.25)], axis=1)
    return moons + 0.06 * rng.standard_normal(moons.shape)


def paths(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each point starts, where it ends and its way between, in pixels from the lower left."""
    start = np.array([235, 225]) + 68 * rng.standard_normal((POINTS, 2)).clip(-2.4, 2.4)
    end = np.array([945, 225]) + np.array([125, 150]) * two_moons(rng)
    cost = ((start[:, None] - end[None] + [710, 0]) ** 2).sum(-1)
    end = end[linear_sum_assignment(cost)[1]]  # nobody crosses the way of another without need
    time = np.linspace(0, 1, STEPS)[:, None]
    ease = time * time * (3 - 2 * time)
    way = start[:, None] + np.concatenate([time, ease], 1)[None] * (end - start)[:, None]
    return start, end, way


def draw(title: str, language: str) -> bytes:
    """Return the picture of an edition as a PNG of 1200 × 630 pixels and a few dozen kilobytes."""
    figure = Figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100, facecolor=NIGHT)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, SIZE[0]), ylim=(0, SIZE[1]))
    axes.set_axis_off()
    inks = LinearSegmentedColormap.from_list("flow", [BASE, MIDDLE, MODEL])
    start, end, way = paths(np.random.default_rng(7))
    pieces = np.stack([way[:, :-1], way[:, 1:]], axis=2).reshape(-1, 2, 2)
    colours = inks(np.tile(np.linspace(0, 1, STEPS - 1), POINTS))
    axes.add_collection(LineCollection(pieces, colors=colours, linewidths=0.6, alpha=0.22))
    axes.scatter(*start.T, s=16, color=BASE, alpha=0.9, linewidths=0)
    axes.scatter(*end.T, s=16, color=MODEL, alpha=0.9, linewidths=0)
    serif = FontProperties(family="STIXGeneral")
    axes.text(70, 505, title, color=PAPER, size=56, fontproperties=serif)
    axes.text(72, 452, SUBTITLE[language], color=MIST, size=23, fontproperties=serif)
    raw, png = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, format="png")
    picture = Image.open(raw).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    picture.save(png, format="png", optimize=True)
    return png.getvalue()


def write(app, exception):
    """Put the picture where the configuration (``ogp_image``) says it is."""
    if exception is None and app.builder.format == "html":
        file = Path(app.outdir) / app.config.ogp_image
        file.write_bytes(draw(app.config.project, app.config.language))


def setup(app):
    """Draw when all else is done."""
    app.connect("build-finished", write)

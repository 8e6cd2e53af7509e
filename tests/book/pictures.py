"""Measures of pictures: areas of polygons, contrasts of colours."""

import torch


def signed_area(points) -> float:
    """The area of a polygon (n, 2) by Gauss's shoelace formula; > 0 if counterclockwise."""
    x, y = torch.as_tensor(points).double().T
    return float((x * y.roll(-1) - x.roll(-1) * y).sum() / 2)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours "#rrggbb", from 1 to 21 (WCAG 2)."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

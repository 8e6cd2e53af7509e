"""Smaller SVG files: the same drawing in fewer letters.

matplotlib writes every coordinate with six decimals, one point a line, and keeps scatter layers as PNG. Here points are
rounded to a hundredth of a point and written relative to the one before (so that errors do not add up), metadata and
idle white space go, and PNG layers become lossless WebP where that is smaller. Transformations keep their digits.
"""

from __future__ import annotations

import base64
import re
from io import BytesIO

from PIL import Image

DIGITS = 2
POINTS = {"M": 1, "L": 1, "Q": 2, "C": 3, "z": 0}  # the commands that matplotlib writes
PATH = re.compile(r'(?<=\sd=")[^"]*')
PLACE = re.compile(r'(?<=\s)(x|y|x1|y1|x2|y2)="(-?\d+\.\d{3,})"')
LAYER = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
IDLE = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<!DOCTYPE[^>]*>\s*", re.S)
TOKEN = re.compile(r"[A-Za-z]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")


def number(value: int) -> str:
    """Write so many hundredths as briefly as SVG allows."""
    text = f"{value / 10**DIGITS:.{DIGITS}f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0\.", r"\1.", text)


def numbers(values: list[int]) -> str:
    """Write numbers with a space only where two would run together."""
    return " ".join(map(number, values)).replace(" -", "-")


def steps(data: str) -> list[tuple[str, list[int]]]:
    """Return the commands of a path with the hundredths by which each moves; straight runs are one step."""
    tokens, found = TOKEN.findall(data), []
    at = start = (0, 0)
    place = 0
    while place < len(tokens):
        command = tokens[place]
        end = place + 1 + 2 * POINTS[command]
        values = [round(float(token) * 10**DIGITS) for token in tokens[place + 1 : end]]
        moved = [value - at[i % 2] for i, value in enumerate(values)]
        place = end
        at = tuple(values[-2:]) or start
        start = at if command == "M" else start
        if command == "L" and found and found[-1][0] == "L" and ahead(found[-1][1], moved):
            found[-1] = ("L", [a + b for a, b in zip(found[-1][1], moved, strict=True)])
        else:
            found.append((command, moved))
    return found


def ahead(one: list[int], other: list[int]) -> bool:
    """Return whether a step goes on in the direction of the one before, or nowhere."""
    (a, b), (c, d) = one, other
    return a * d == b * c and a * c + b * d >= 0


def path(data: str) -> str:
    """Write a path anew in relative coordinates; one with other commands than matplotlib's stays as it is."""
    if {letter for letter in data if letter.isalpha() and letter != "e"} - POINTS.keys():
        return data
    written, last = [], ""
    for command, moved in steps(data):
        text = numbers(moved)
        if command != last or command == "M":
            written.append(command.lower() + text)
        else:
            written.append(text if text.startswith("-") else f" {text}")
        last = command
    return "".join(written)


def layer(found: re.Match) -> str:
    """Write a picture within the drawing as WebP without loss, where that is smaller."""
    png = base64.b64decode(found[1])
    with Image.open(BytesIO(png)) as picture:
        webp = BytesIO()
        picture.save(webp, "WEBP", lossless=True, exact=True, method=6)
    kind, data = min(("png", png), ("webp", webp.getvalue()), key=lambda pair: len(pair[1]))
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def shorten(svg: str) -> str:
    """Return a drawing that looks the same."""
    svg = IDLE.sub("", svg)
    svg = PATH.sub(lambda found: path(found[0]), svg)
    svg = PLACE.sub(lambda f: f'{f[1]}="{number(round(float(f[2]) * 10**DIGITS))}"', svg)
    svg = LAYER.sub(layer, svg)
    return re.sub(r">\s*\n\s*<", "><", svg)

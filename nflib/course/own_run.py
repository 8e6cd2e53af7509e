"""Numbers of our own run: a result of training that no theory predicts, recorded by a run and never typed.

``numbers/NN.json`` has those of chapter NN by name. ``reproduce`` compares each with the run at hand, within a margin,
and pages quote them by name, with the role ``run``: ``img-bits:.2f``. ``make record`` records them anew.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

NUMBERS = Path(__file__).with_name("numbers")
RECORDING = "NFLIB_RECORD"  # the file to which a run adds its numbers, a line each
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@cache
def numbers() -> dict[str, float]:
    """Return all recorded numbers by name."""
    files = sorted(NUMBERS.glob("*.json"))
    return {name: x for file in files for name, x in json.loads(file.read_text("utf8")).items()}


def recorded(name: str, now: float) -> float:
    """Return the recorded number of a name; where a run is being recorded, the one of ``now``.

    Raises:
        KeyError: if no run has recorded that name.
    """
    if file := os.environ.get(RECORDING):
        with Path(file).open("a") as lines:
            lines.write(json.dumps([name, float(f"{now:.6g}")]) + "\n")
        return now
    if name not in numbers():
        raise KeyError(f"own_run: no number has the name {name!r}; record it")
    return numbers()[name]


def quote(text: str) -> str:
    """Return a recorded number as a page writes it: ``name`` or ``name:format``, such as ``img-bits:.2f``.

    The format is Python's; a sign is a minus, a power of ten is one, a percent sign keeps its distance.
    """
    name, _, form = text.partition(":")
    if name not in numbers():
        raise KeyError(f"own_run: no number has the name {name!r}; record it")
    number, _, exponent = format(numbers()[name], form or ".3g").partition("e")
    if exponent:
        number += f" · 10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return number.replace("-", "−").replace("%", "\N{NO-BREAK SPACE}%")

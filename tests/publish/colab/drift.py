"""Say in which packages Colab has moved away from requirements.txt, by the list that Colab publishes.

    COLAB_TORCH=2.11.0 python tests/publish/colab/drift.py

A release number is compared up to its second part: a mended release is not another Colab. Whoever sees this fail
writes the new numbers into requirements.txt (with what those packages need) and COLAB_TORCH, and runs `make colab`.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.request import urlopen

COLAB = "https://raw.githubusercontent.com/googlecolab/backend-info/main/pip-freeze.txt"
PINS = Path(__file__).with_name("requirements.txt")
LINE = re.compile(r"^(?P<name>[\w.-]+)(?:==| @ \S*/[\w.]+-)(?P<release>\d+\.\d+)", re.M)


def releases(freeze: str) -> dict[str, str]:
    """Return name: release, of two parts, for each line of what ``pip freeze`` prints."""
    return {
        found["name"].lower().replace("_", "-"): found["release"] for found in LINE.finditer(freeze)
    }


def ours() -> dict[str, str]:
    """Return what the course's notebooks are tried with: the first block of the list, and torch."""
    first = PINS.read_text("utf8").partition("\n\n")[0]
    torch = os.environ.get("COLAB_TORCH")
    return releases(first + (f"\ntorch=={torch}" if torch else ""))


def differences(freeze: str) -> list[str]:
    """Return a line for each package of which Colab has another release."""
    there = releases(freeze)
    return [
        f"{name}: {release} here, {there.get(name, 'none')} in Colab"
        for name, release in ours().items()
        if there.get(name) != release
    ]


def main() -> int:
    """Compare with what Colab has now; return the exit status."""
    with urlopen(COLAB, timeout=60) as answer:
        found = differences(answer.read().decode("utf8"))
    print("\n".join(found) or "Colab has what the notebooks are tried with")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

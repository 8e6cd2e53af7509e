"""The Chromium that prints the book and runs the browser tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# No host but this machine: nothing that is printed or tested may depend on the network
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_chromium(playwright) -> str | None:
    """Return the path of a Chromium or Chrome, or None.

    The variable CHROMIUM comes first, then what is on the PATH, then playwright's own.
    """
    if named := os.environ.get("CHROMIUM"):
        if not Path(named).exists():
            raise FileNotFoundError(f"the variable CHROMIUM names {named}, which does not exist")
        return named
    found = [*map(shutil.which, NAMES), playwright.chromium.executable_path]
    return next((path for path in found if path and Path(path).exists()), None)

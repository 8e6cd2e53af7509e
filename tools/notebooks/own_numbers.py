"""Record the numbers of our own run: execute pages, and write what ``reproduce`` saw to nflib/course/numbers/NN.json.

Says which numbers changed. The editions have the same code: the Spanish one is executed.

Usage: python -m tools.notebooks.own_numbers [CHAPTER …]     such as 06; all that have numbers, if none is named
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import jupytext
from nbclient import NotebookClient

from nflib.course.own_run import NUMBERS, RECORDING
from tools.course import ROOT


def record(chapter: str) -> None:
    """Execute the pages of a chapter and write its numbers."""
    with TemporaryDirectory() as folder:
        seen = os.environ[RECORDING] = str(Path(folder) / "numbers")
        Path(seen).touch()
        for page in sorted((ROOT / "book/es").glob(f"{chapter}-*.md")):
            print(f"{page.stem}: running", flush=True)
            NotebookClient(jupytext.read(page, fmt="md:myst"), timeout=600).execute()
        now = dict(map(json.loads, Path(seen).read_text("utf8").splitlines()))
    file = NUMBERS / f"{chapter}.json"
    before = json.loads(file.read_text("utf8")) if file.exists() else {}
    for name in sorted(now.keys() | before.keys()):
        if before.get(name) != now.get(name):
            print(f"  {name}: {before.get(name, 'new')} -> {now.get(name, 'gone')}")
    file.write_text(json.dumps(now, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf8")


if __name__ == "__main__":
    NUMBERS.mkdir(exist_ok=True)
    for name in sys.argv[1:] or sorted(file.stem for file in NUMBERS.glob("*.json")):
        record(name)

"""The record of what a student has done: `check` writes each verdict, `progress` shows the table.

The record is a small file beside the notebook, ``nflib-progress.json``: tries of each question and
the day on which it passed. Nothing else is stored, and nothing leaves the machine.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

from nflib.course.check.text import Text, words

FILE = "nflib-progress.json"
_memory: dict[str, dict[str, Any]] = {}
notes: list[Text] = []


def record(key: str, *, passed: bool) -> None:
    """Count a try of question ``key``; the first day on which it passed stays."""
    entry = read().get(key, {"tries": 0})
    entry["tries"] += 1
    if passed and "passed" not in entry:
        entry["passed"] = date.today().isoformat()
    _memory[key] = entry
    write()


def read() -> dict[str, dict[str, Any]]:
    """Read the record: the entries of this kernel, or those of the file if these have no fewer tries."""
    try:
        stored = json.loads(Path(FILE).read_text(encoding="utf-8"))
        if not (isinstance(stored, dict) and all(map(_is_entry, stored.values()))):
            raise ValueError("not a record of progress")
    except OSError:  # no such file, or no permission
        stored = {}
    except ValueError:
        stored = {}
        _put_aside()
    for key, entry in stored.items():
        if entry["tries"] >= _memory.get(key, {"tries": 0})["tries"]:
            _memory[key] = entry
    return _memory


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("tries"), int)
        and isinstance(entry.get("passed", ""), str)
    )


def _put_aside() -> None:
    """Keep an unreadable file under another name, and remember to say so."""
    aside = f"{FILE}.bad"
    try:
        os.replace(FILE, aside)
    except OSError:
        return
    notes.append(words("engine")["progress"]["broken"].format(file=FILE, aside=aside))


def write() -> bool:
    """Write the record whole or not at all; True if it is on disk, or could be."""
    if not _memory:
        return os.access(".", os.W_OK)
    partial = Path(f"{FILE}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(_memory, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(partial, FILE)
    except OSError:
        return False
    return True

"""What a student has done: `check` records each verdict, `progress` shows the table.

The record is a small file beside the notebook, ``nflib-progress.json``: tries of each question and
the day on which it passed. Nothing else is stored, and nothing leaves the machine.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from nflib.course.check.result import Text
from nflib.course.language import language

FILE = "nflib-progress.json"
HEADERS = (Text("pregunta", "question"), Text("intentos", "tries"), Text("hecha el", "done on"))
HEAD = Text("{} de {} preguntas hechas", "{} of {} questions done")
SAVED = Text("Se guarda en `{}`.", "Kept in `{}`.")
COLAB = Text(
    "Se guarda en `{}`, que Colab borra al terminar la sesión: descárguelo para conservarlo.",
    "Kept in `{}`, which Colab deletes when the session ends: download it to keep it.",
)
LOST = Text(
    "Aquí no se puede escribir `{}`: la tabla se pierde al reiniciar el núcleo.",
    "`{}` cannot be written here: the table is lost when the kernel restarts.",
)
BROKEN = Text(
    "`{}` no se podía leer; quedó como `{}` y se empezó otro.",
    "`{}` could not be read; it was kept as `{}` and a new one was begun.",
)

_memory: dict[str, dict[str, Any]] = {}
_notes: list[Text] = []


def record(key: str, *, passed: bool) -> None:
    """Count a try of question ``key``; the first day on which it passed stays."""
    entry = _read().get(key, {"tries": 0})
    entry["tries"] += 1
    if passed and "passed" not in entry:
        entry["passed"] = date.today().isoformat()
    _memory[key] = entry
    _write()


@dataclass(frozen=True)
class Progress:
    """The table of `progress`.

    Attributes:
        questions: by key, in the order of the course, ``{"tries": int, "passed": str}``; empty if
            there was no try, and without ``"passed"`` until the first success.
        note: where the record is, or why there is none.
    """

    questions: dict[str, dict[str, Any]]
    note: Text

    def _head(self) -> str:
        done = sum("passed" in entry for entry in self.questions.values())
        return str(HEAD).format(done, len(self.questions))

    def _rows(self) -> list[tuple[str, str, str]]:
        return [
            (
                f"{'✓' if 'passed' in entry else '✗' if entry else '·'} {key}",
                str(entry.get("tries", "")),
                entry.get("passed", ""),
            )
            for key, entry in self.questions.items()
        ]

    def __repr__(self) -> str:
        lines = [f"{name:10}  {tries:>8}  {day}" for name, tries, day in self._rows()]
        titles = "{:10}  {:>8}  {}".format(*map(str, HEADERS))
        return "\n".join([self._head(), "", titles, *lines, "", str(self.note).replace("`", "")])

    def _repr_html_(self) -> str:
        titles = "".join(f'<th scope="col">{html.escape(str(h))}</th>' for h in HEADERS)
        rows = "".join(
            f'<tr><th scope="row">{name}</th><td>{tries}</td><td>{day}</td></tr>'
            for name, tries, day in self._rows()
        )
        note = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(self.note)))
        return (
            f'<div class="nf-progress" lang="{language()}"><table><caption>{self._head()}</caption>'
            f"<thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table><p>{note}</p></div>"
        )


def progress() -> Progress:
    """Show which questions are done, in how many tries, and since when.

    Returns:
        A `Progress` that a notebook displays as a table. It never raises.
    """
    from nflib.course.check.engine import (
        keys,  # here: the engine records its verdicts with this module
    )

    entries = _read()
    path, written = Path(FILE).resolve(), _write()
    where = (COLAB if "google.colab" in sys.modules else SAVED) if written else LOST
    notes = [*_notes, Text(*(text.format(path.name) for text in where))]
    note = Text(*(" ".join(each) for each in zip(*notes, strict=True)))
    return Progress({key: entries.get(key, {}) for key in keys()}, note)


def _read() -> dict[str, dict[str, Any]]:
    """The record: what this kernel knows, and what the file has beyond that."""
    try:
        stored = json.loads(Path(FILE).read_text(encoding="utf-8"))
        if not (isinstance(stored, dict) and all(map(_is_entry, stored.values()))):
            raise ValueError("not a record of progress")
    except OSError:  # not there, or not ours to read
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
    _notes.append(Text(*(text.format(FILE, aside) for text in BROKEN)))


def _write() -> bool:
    """Write the record whole or not at all; whether it is on disk."""
    if not _memory:
        return os.access(".", os.W_OK)
    partial = Path(f"{FILE}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(_memory, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(partial, FILE)
    except OSError:
        return False
    return True

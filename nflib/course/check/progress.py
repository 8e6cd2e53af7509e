"""The table of what a student has done: which questions, in how many tries, and since when."""

from __future__ import annotations

import html
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nflib.course.check import record
from nflib.course.check.engine import keys
from nflib.course.check.text import Text, words
from nflib.course.language import language

MESSAGES = words("engine")["progress"]


@dataclass(frozen=True)
class Progress:
    """The table of `progress`.

    Attributes:
        questions: by key, in the order of the course, ``{"tries": int, "passed": str}``; empty if
            there was no try, and without ``"passed"`` until the first success.
        note: a text that says where the record is, or why there is none.
    """

    questions: dict[str, dict[str, Any]]
    note: Text

    def _head(self) -> str:
        done = sum("passed" in entry for entry in self.questions.values())
        return str(MESSAGES["head"].format(done=done, count=len(self.questions)))

    def _titles(self) -> list[str]:
        return [str(MESSAGES[name]) for name in ("question", "tries", "day")]

    def _rows(self) -> list[tuple[str, str, str]]:
        return [
            (
                f"{'✓' if 'passed' in entry else '✗' if entry.get('tries') else '·'} {key}",
                str(entry.get("tries") or ""),
                entry.get("passed", ""),
            )
            for key, entry in self.questions.items()
        ]

    def __repr__(self) -> str:
        lines = [f"{name:10}  {tries:>8}  {day}" for name, tries, day in self._rows()]
        titles = "{:10}  {:>8}  {}".format(*self._titles())
        return "\n".join([self._head(), "", titles, *lines, "", str(self.note).replace("`", "")])

    def _repr_html_(self) -> str:
        titles = "".join(f'<th scope="col">{html.escape(h)}</th>' for h in self._titles())
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

    entries = record.read()
    path, written = Path(record.FILE).resolve(), record.write()
    where = ("colab" if "google.colab" in sys.modules else "saved") if written else "lost"
    notes = [*record.notes, MESSAGES[where].format(file=path.name)]
    note = Text(*(" ".join(each) for each in zip(*notes, strict=True)))
    return Progress({key: entries.get(key, {}) for key in keys()}, note)
